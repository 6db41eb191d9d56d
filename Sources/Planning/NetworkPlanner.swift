import Launch
import LinuxKernel
import Networking
import Profiles

/// Turns what a spec says about the network, and what was claimed, into steps.
struct NetworkPlanner {
    private let spec: JailSpec
    private let instance: JailInstance

    init(_ spec: JailSpec, _ instance: JailInstance) {
        (self.spec, self.instance) = (spec, instance)
    }

    /// Namespaces of a jail: in these two modes the network is the host's.
    static func namespaces(_ mode: NetworkMode) -> NamespaceSet {
        mode == .host || mode == .shared ? NamespaceSet.all.subtracting(.network) : .all
    }

    func steps() -> NetworkSteps {
        guard let assignment = instance.network else {
            var steps = NetworkSteps(mode: spec.effectiveNetworkMode.value.rawValue)
            steps.scopesSockets = spec.effectiveNetworkMode.value == .host
            return steps
        }
        var steps = NetworkSteps(mode: assignment.network.kind.rawValue)
        steps.network = assignment.network.name
        steps.addresses = assignment.given.addresses
        steps.finish.claims = assignment.given.links
        switch assignment.network.kind {
        case .bridge, .routed:
            steps.link = .pair(pair(assignment))
            steps.inside = inside(assignment)
            steps.rules = rules(assignment)
            steps.finish.trafficFile = assignment.trafficFile
            steps.finish.transfer = transfer(assignment)
        case .macvlan: macvlan(assignment, &steps)
        case .shared: shared(assignment, &steps)
        }
        steps.finish.names = assignment.names
        steps.finish.sites = assignment.siteStep
        steps.finish.base = assignment.base.map { base(assignment, $0) }
        return steps
    }

    // MARK: links

    private func pair(_ assignment: NetworkAssignment) -> PairStep {
        let network = assignment.network
        let isPort = network.kind == .bridge
        return PairStep(
            host: assignment.link,
            bridge: isPort ? network.bridgeName(for: assignment.given.offset) : "",
            group: isPort ? InterfaceGroup.port : InterfaceGroup.routed,
            mtu: network.mtu ?? 0,
            hardwareAddress: hardwareAddress(assignment),
            neighbours: assignment.given.addresses,
            gateways: isPort
                ? []
                : Self.linkLocalGateways(assignment).map { InterfaceAddressStep($0, prefix: $0.count == 4 ? 32 : 64) },
            routed: !isPort,
            ingress: LinkRate.shape(spec.resources.network.ingress?.value),
            egress: LinkRate.shape(spec.resources.network.egress?.value),
            queue: "q" + assignment.link.dropFirst()
        )
    }

    private func hardwareAddress(_ assignment: NetworkAssignment) -> [UInt8] {
        HardwareAddress.of(assignment.given.addresses.first ?? [0, 0, 0, 0])
    }

    /// The jail's addresses stand for themselves alone: everything goes through the host, where the rules are.
    private func inside(_ assignment: NetworkAssignment) -> InterfaceSteps {
        let network = assignment.network
        let gateways =
            network.kind == .bridge
            ? assignment.given.addresses.map { gateway(of: $0, network, assignment.given.offset) }
            : Self.linkLocalGateways(assignment)
        return InterfaceSteps(
            name: "eth0",
            addresses: assignment.given.addresses.map { InterfaceAddressStep($0, prefix: UInt8($0.count * 8)) },
            gateways: gateways
        )
    }

    private func gateway(of address: [UInt8], _ network: NetworkDefinition, _ offset: UInt32) -> [UInt8] {
        let range = address.count == 4 ? network.range4 : network.range6
        return range?.address(at: offset / NetworkDefinition.block * NetworkDefinition.block + 1) ?? address
    }

    /// The same for every link without a bridge: 169.254.1.1 and fe80::1.
    private static func linkLocalGateways(_ assignment: NetworkAssignment) -> [[UInt8]] {
        assignment.given.addresses.map { address in
            address.count == 4 ? [169, 254, 1, 1] : [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
        }
    }

    private func macvlan(_ assignment: NetworkAssignment, _ steps: inout NetworkSteps) {
        let network = assignment.network
        steps.link = .macvlan(
            parent: network.parent ?? "",
            mode: 1,
            hardwareAddress: hardwareAddress(assignment),
            mtu: network.mtu ?? 0
        )
        steps.inside = InterfaceSteps(
            name: "eth0",
            addresses: assignment.given.addresses.map { address in
                let range = address.count == 4 ? network.range4 : network.range6
                return InterfaceAddressStep(address, prefix: UInt8(range?.prefix ?? address.count * 8))
            },
            gateways: network.gateways
        )
    }

    private func shared(_ assignment: NetworkAssignment, _ steps: inout NetworkSteps) {
        let policy = SharedPolicy(
            addresses: assignment.given.addresses,
            loopback: assignment.loopback,
            mayMail: spec.network.egressSMTP.value == .allow,
            relays: spec.network.relays?.value.map(\.bytes) ?? [],
            closed: assignment.closed
        )
        steps.hostAddresses = [
            HostAddressStep(interface: assignment.network.parent ?? "lo", addresses: assignment.given.addresses),
            HostAddressStep(interface: "lo", addresses: assignment.loopback.filter { $0.count == 16 }),
        ]
        steps.programs = SharedPrograms(policy).all.map { program in
            CgroupProgram(
                type: program.type,
                attachType: program.attachType,
                name: program.name,
                instructions: program.bytes,
                counterLoads: program.counterLoads
            )
        }
        steps.programDirectory = assignment.programDirectory
        steps.programCounters = SharedPrograms.table(assignment.counters)
        steps.finish.trafficFile = assignment.trafficFile
        steps.scopesSockets = true
    }

    // MARK: rules

    private func rules(_ assignment: NetworkAssignment) -> RuleSteps {
        let rules = JailRules(entry(assignment), in: assignment.firewall)
        var steps = RuleSteps()
        steps.add = rules.add.map(\.bytes)
        steps.remove = rules.remove.map(\.bytes)
        steps.count = JailRules.counts(assignment.given.addresses, in: assignment.firewall).map(\.bytes)
        return steps
    }

    private func entry(_ assignment: NetworkAssignment) -> JailEntry {
        let network = spec.network
        var entry = JailEntry(
            name: instance.name,
            addresses: assignment.given.addresses,
            link: assignment.link,
            hardwareAddress: hardwareAddress(assignment),
            isPort: assignment.network.kind == .bridge,
            group: assignment.group,
            translated: assignment.network.translated
        )
        entry.publications = network.publish.flatMap { Self.publications($0.value) }
        entry.mayMail = network.egressSMTP.value == .allow
        entry.relays = network.relays?.value.map(\.bytes) ?? []
        entry.connections = network.connections.map { UInt32(clamping: $0.value) }
        entry.newConnections = network.newConnections.map { UInt32(clamping: $0.value.perSecond) }
        entry.filters =
            Self.filters(.egress, network.egressRules?.value, assignment.addressSets)
            + Self.filters(.ingress, network.ingressRules?.value, assignment.addressSets)
        entry.egressDefault = network.egressPolicy.value == .deny ? .deny : .allow
        entry.ingressDefault = network.ingressPolicy.value == .deny ? .deny : .allow
        entry.counters = assignment.counters
        if let transfer = spec.resources.network.transfer?.value.amount {
            var pace: UInt64?
            if case .slow(let rate) = spec.resources.network.excess.value { pace = max(1, rate.bitsPerSecond / 8) }
            entry.allowance = JailEntry.Allowance(
                bytes: transfer.amount.bytes,
                consumed: assignment.consumed,
                pace: pace
            )
        }
        return entry
    }

    private func transfer(_ assignment: NetworkAssignment) -> TransferStep? {
        guard let allowance = spec.resources.network.transfer?.value.amount, !assignment.transferNote.isEmpty else {
            return nil
        }
        return TransferStep(
            object: JailRules.allowanceName(instance.name),
            bytes: allowance.amount.bytes,
            period: allowance.period.rawValue,
            note: assignment.transferNote
        )
    }

    private static func publications(_ port: PublishedPort) -> [JailEntry.Publication] {
        let number: UInt8 =
            switch port.transport {
            case .tcp: 6
            case .udp: 17
            case .sctp: 132
            }
        return zip(port.hostPorts, port.jailPorts).map {
            JailEntry.Publication(
                hostAddress: port.hostAddress?.bytes,
                hostPort: $0,
                jailPort: $1,
                transport: number
            )
        }
    }

    private static func filters(
        _ direction: TrafficFilter.Direction,
        _ rules: [TrafficRule]?,
        _ sets: [String: [TrafficFilter.Network]]
    ) -> [TrafficFilter] {
        (rules ?? []).compactMap { rule in
            var peers: [TrafficFilter.Network] = []
            if let address = rule.address {
                peers = [.init(address: address.bytes, prefix: rule.prefix ?? address.bytes.count * 8)]
            } else if let name = rule.set {
                // An empty set matches nothing; a rule without peers would match everybody.
                peers = sets[name] ?? []
                if peers.isEmpty { return nil }
            }
            return TrafficFilter(
                direction,
                rule.verdict == .deny ? .deny : .allow,
                peers: peers,
                transport: rule.transport.flatMap { name in
                    TrafficRule.transports.first { $0.name == name }?.number
                },
                ports: rule.ports
            )
        }
    }

    private func base(_ assignment: NetworkAssignment, _ places: NetworkAssignment.BasePlaces) -> BaseStep {
        BaseStep(
            lock: places.lock,
            jails: places.users,
            alias: places.alias,
            remove: assignment.firewall.remove().map(\.bytes),
            parameters: places.parameters
        )
    }
}
