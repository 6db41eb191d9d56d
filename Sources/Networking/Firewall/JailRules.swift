import LinuxKernel

/// What one jail is to the firewall.
public struct JailEntry: Equatable, Sendable {
    /// A port of the host that leads to the jail.
    public struct Publication: Equatable, Sendable {
        /// The host's address; nil for all.
        public var hostAddress: [UInt8]?
        /// The host's port.
        public var hostPort: UInt16
        /// The jail's port.
        public var jailPort: UInt16
        /// `IPPROTO_*`.
        public var transport: UInt8

        /// Makes a publication.
        public init(hostAddress: [UInt8]?, hostPort: UInt16, jailPort: UInt16, transport: UInt8) {
            (self.hostAddress, self.hostPort) = (hostAddress, hostPort)
            (self.jailPort, self.transport) = (jailPort, transport)
        }
    }

    /// Traffic in a period, and what happens beyond.
    public struct Allowance: Equatable, Sendable {
        /// How many bytes, both ways together.
        public var bytes: UInt64
        /// How many of them are used already.
        public var consumed: UInt64
        /// Bytes a second beyond the allowance; nil for nothing at all.
        public var pace: UInt64?

        /// Makes an allowance.
        public init(bytes: UInt64, consumed: UInt64, pace: UInt64?) {
            (self.bytes, self.consumed, self.pace) = (bytes, consumed, pace)
        }
    }

    /// Its name, as chains and objects of its own are called.
    public var name: String
    /// Its addresses: one of each version at most.
    public var addresses: [[UInt8]]
    /// The host end of its link.
    public var link: String
    /// The hardware address of its own end.
    public var hardwareAddress: [UInt8]
    /// Whether the link is a port of a bridge.
    public var isPort: Bool
    /// A number that jails of its tenant in its network share.
    public var group: UInt32
    /// Leaves under the host's address; otherwise it is reached under its own.
    public var translated: Bool
    /// Published ports.
    public var publications: [Publication] = []
    /// Whether mail goes everywhere.
    public var mayMail = false
    /// Hosts that take its mail.
    public var relays: [[UInt8]] = []
    /// The most connections at once.
    public var connections: UInt32?
    /// The most new connections a second.
    public var newConnections: UInt32?
    /// Rules for what it sends and gets.
    public var filters: [TrafficFilter] = []
    /// Verdict for what no filter of a direction matches.
    public var egressDefault = TrafficFilter.Verdict.allow
    /// The same for what others begin.
    public var ingressDefault = TrafficFilter.Verdict.allow
    /// Traffic in a period.
    public var allowance: Allowance?
    /// Counters to go on from, by the names of their sets without the version.
    public var counters: [TrafficCounter] = []

    /// A jail with no limits and no published ports.
    public init(
        name: String,
        addresses: [[UInt8]],
        link: String,
        hardwareAddress: [UInt8],
        isPort: Bool,
        group: UInt32,
        translated: Bool
    ) {
        (self.name, self.addresses, self.link, self.hardwareAddress) = (name, addresses, link, hardwareAddress)
        (self.isPort, self.group, self.translated) = (isPort, group, translated)
    }
}

/// The requests that let a jail into the firewall, and those that take it out: each list is one transaction.
public struct JailRules: Equatable, Sendable {
    /// Lets it in.
    public private(set) var add: [NetlinkMessage] = []
    /// Takes it out, in the reverse order.
    public private(set) var remove: [NetlinkMessage] = []

    private let firewall: Firewall

    /// The requests for a jail.
    public init(_ jail: JailEntry, in firewall: Firewall) {
        self.firewall = firewall
        for address in jail.addresses { own(address, jail) }
        pins(jail)
        for publication in jail.publications { publish(publication, jail) }
        filters(jail)
        allowance(jail)
        remove.reverse()
    }

    private mutating func put(_ set: String, _ elements: [Element], in table: Table? = nil) {
        guard !elements.isEmpty else { return }
        let table = table ?? firewall.internet
        add.append(table.elements(set, elements))
        remove.append(table.elements(set, elements, removing: true))
    }

    private mutating func own(_ address: [UInt8], _ jail: JailEntry) {
        let end = AddressVersion(address).suffix
        put("tenants" + end, [Element(address, data: [jail.group.hostBytes])])
        put("members" + end, [Element(jail.group.hostBytes, address)])
        put("self" + end, [Element(address, address)])
        put((jail.translated ? "nat" : "open") + end, [Element(address)])
        for direction in TrafficCounter.sets {
            let before = jail.counters.first { $0.set == direction && $0.isVersion6 == (address.count == 16) }
            let counter = Expression.counter(packets: before?.packets ?? 0, bytes: before?.bytes ?? 0)
            put(direction + end, [Element(address, expression: counter)])
        }
        if jail.mayMail { put("smtp" + end, [Element(address)]) }
        put("relays" + end, jail.relays.filter { $0.count == address.count }.map { Element(address, $0) })
        if let most = jail.connections {
            put("connections" + end, [Element(address, expression: .connections(over: most))])
        }
        if let rate = jail.newConnections {
            let limit = Expression.packets(over: UInt64(rate), perSeconds: 1, burst: max(5, rate))
            put("rates" + end, [Element(address, expression: limit)])
        }
    }

    /// Which sources its link may send from: its addresses, and what neighbour discovery needs before it has one.
    private mutating func pins(_ jail: JailEntry) {
        let table = jail.isPort ? firewall.bridge : firewall.internet
        let link = Element.name(jail.link)
        if jail.isPort { put("macs", [Element(link, jail.hardwareAddress)], in: table) }
        for version in AddressVersion.allCases {
            var sources = jail.addresses.filter { $0.count == Int(version.length) }
            guard !sources.isEmpty else { continue }
            if version == .v6 {
                sources += [HardwareAddress.linkLocal(jail.hardwareAddress), [UInt8](repeating: 0, count: 16)]
            }
            put("pins" + version.suffix, sources.map { Element(link, $0) }, in: table)
        }
    }

    private mutating func publish(_ publication: JailEntry.Publication, _ jail: JailEntry) {
        for address in jail.addresses {
            let end = AddressVersion(address).suffix
            let data = [address, publication.jailPort.networkBytes]
            let port = publication.hostPort.networkBytes
            if let host = publication.hostAddress {
                guard host.count == address.count else { continue }
                put("publish" + end, [Element(host, [publication.transport], port, data: data)])
            } else {
                put("publishany" + end, [Element([publication.transport], port, data: data)])
            }
        }
    }

    private mutating func filters(_ jail: JailEntry) {
        for direction in [TrafficFilter.Direction.egress, .ingress] {
            let fallback = direction == .egress ? jail.egressDefault : jail.ingressDefault
            let rules = jail.filters.filter { $0.direction == direction }
            guard !rules.isEmpty || fallback == .deny else { continue }
            let chain = "\(direction.rawValue)_\(jail.name)"
            add.append(firewall.internet.chain(chain))
            remove.append(firewall.internet.removeChain(chain))
            for rule in rules {
                for expressions in rule.expressions { add.append(firewall.internet.rule(chain, expressions)) }
            }
            if fallback == .deny {
                add.append(firewall.internet.rule(chain, [.end(.goTo("refuse_\(direction.rawValue)"))]))
            }
            for address in jail.addresses {
                let set = direction.rawValue + AddressVersion(address).suffix
                put(set, [Element(address, verdict: .jump(chain))])
            }
        }
    }

    private mutating func allowance(_ jail: JailEntry) {
        guard let allowance = jail.allowance else { return }
        let name = Self.allowanceName(jail.name)
        add.append(firewall.internet.quota(name, bytes: allowance.bytes, consumed: allowance.consumed))
        remove.append(firewall.internet.removeObject(name, type: 2))
        if let pace = allowance.pace {
            let burst = UInt32(clamping: max(pace / 4, 1 << 16))
            add.append(firewall.internet.limit(name, bytesPerSecond: pace, burst: burst))
            remove.append(firewall.internet.removeObject(name, type: 4))
        }
        for address in jail.addresses {
            let end = AddressVersion(address).suffix
            put((allowance.pace == nil ? "allowance" : "slowdown") + end, [Element(address, object: name)])
            if allowance.pace != nil { put("pace" + end, [Element(address, object: name)]) }
        }
    }
}

extension JailRules {
    /// What a jail's quota is called in the table.
    public static func allowanceName(_ jail: String) -> String { "transfer_" + jail }

    /// Requests for the counters of a jail's addresses.
    public static func counts(_ addresses: [[UInt8]], in firewall: Firewall) -> [NetlinkMessage] {
        addresses.flatMap { address in
            TrafficCounter.sets.map { set in
                firewall.internet.element(set + AddressVersion(address).suffix, Element(address))
            }
        }
    }
}
