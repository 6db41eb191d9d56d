import LinuxKernel

/// A table of nf_tables that is Bailey's own, and the requests about what is in it.
public struct Table: Equatable, Sendable {
    /// Which packets it sees.
    public enum Family: UInt8, Sendable {
        /// IPv4 and IPv6.
        case internet = 1
        /// Frames that pass a bridge.
        case bridge = 7
    }

    /// Where a chain is called.
    public struct Hook: Equatable, Sendable {
        let type: String
        let number: UInt32
        let priority: Int32

        static let prerouting: UInt32 = 0
        static let input: UInt32 = 1
        static let forward: UInt32 = 2
        static let output: UInt32 = 3
        static let postrouting: UInt32 = 4
    }

    /// Its name.
    public let name: String
    /// Its family.
    public let family: Family

    /// Names a table; nothing is made.
    public init(_ name: String, _ family: Family) {
        (self.name, self.family) = (name, family)
    }

    /// Makes the table unless it is there.
    func make() -> NetlinkMessage { request(0, .create, "table") }

    /// Removes it with all it holds.
    public func remove() -> NetlinkMessage { request(2, .acknowledge, "table") }

    /// Asks whether it is there.
    public func get() -> NetlinkMessage { request(1, .acknowledge, "table") }

    func chain(_ chain: String, _ hook: Hook? = nil) -> NetlinkMessage {
        var message = request(3, .create, "chain \(chain)")
        message.add(3, text: chain)
        if let hook {
            message.nest(4, marked: true) { place in
                place.add(1, network: hook.number)
                place.add(2, network: UInt32(bitPattern: hook.priority))
            }
            message.add(5, network: 1)  // NF_ACCEPT
            message.add(7, text: hook.type)
        }
        return message
    }

    func removeChain(_ chain: String) -> NetlinkMessage {
        var message = request(5, [], "chain \(chain)")
        message.add(3, text: chain)
        return message
    }

    func rule(_ chain: String, _ expressions: [Expression]) -> NetlinkMessage {
        var message = request(6, [.create, .append], "rule in \(chain)")
        message.add(2, text: chain)
        message.nest(4, marked: true) { list in
            for expression in expressions { list.nest(1, marked: true) { expression.write(to: &$0) } }
        }
        return message
    }

    func set(_ set: SetShape, id: UInt32) -> NetlinkMessage {
        var message = request(9, .create, "set \(set.name)")
        message.add(2, text: set.name)
        message.add(3, network: set.flags)
        message.add(4, network: set.keyType)
        message.add(5, network: set.keyLength)
        switch set.value {
        case .none: break
        case .data(let fields):
            message.add(6, network: SetShape.type(fields))
            message.add(7, network: SetShape.length(fields))
        case .verdict:
            message.add(6, network: 0xFFFF_FF00)  // NFT_DATA_VERDICT
        case .object(let type): message.add(15, network: type)
        }
        message.add(10, network: id)
        if let size = set.size { message.nest(9, marked: true) { $0.add(1, network: size) } }
        if set.counts { message.nest(17, marked: true) { Expression.counter().write(to: &$0) } }
        return message
    }

    /// Puts elements into a set, or takes them out: then only their keys count.
    func elements(_ set: String, _ elements: [Element], removing: Bool = false) -> NetlinkMessage {
        var message = request(removing ? 14 : 12, removing ? [] : .create, "elements of \(set)")
        message.add(2, text: set)
        message.nest(3, marked: true) { list in
            for element in elements {
                list.nest(1, marked: true) { element.write(to: &$0, keyOnly: removing) }
            }
        }
        return message
    }

    /// Asks for the elements of a set.
    public func list(_ set: String) -> NetlinkMessage {
        var message = request(13, .dump, "elements of \(set)")
        message.add(2, text: set)
        return message
    }

    /// Asks for one element of a set.
    func element(_ set: String, _ element: Element) -> NetlinkMessage {
        var message = request(13, .acknowledge, "element of \(set)")
        message.add(2, text: set)
        message.nest(3, marked: true) { list in list.nest(1, marked: true) { element.write(to: &$0, keyOnly: true) } }
        return message
    }

    /// A quota that holds when more than `bytes` have passed, `consumed` of which did before.
    func quota(_ name: String, bytes: UInt64, consumed: UInt64) -> NetlinkMessage {
        object(name, type: 2) { data in
            data.add(1, network64: bytes)
            data.add(2, network: 1)  // NFT_QUOTA_F_INV
            data.add(4, network64: consumed)
        }
    }

    /// A limit that holds above so many bytes a second.
    func limit(_ name: String, bytesPerSecond: UInt64, burst: UInt32) -> NetlinkMessage {
        object(name, type: 4) { Expression.limit(&$0, bytesPerSecond, 1, burst, bytes: true) }
    }

    private func object(_ name: String, type: UInt32, _ body: (inout NetlinkMessage) -> Void) -> NetlinkMessage {
        var message = request(18, .create, "object \(name)")
        message.add(2, text: name)
        message.add(3, network: type)
        message.nest(4, marked: true, body)
        return message
    }

    func removeObject(_ name: String, type: UInt32) -> NetlinkMessage {
        var message = request(20, [], "object \(name)")
        message.add(2, text: name)
        message.add(3, network: type)
        return message
    }

    /// Sets what a quota has counted back to zero; the answer says what it was.
    public func resetQuota(_ name: String) -> NetlinkMessage {
        var message = request(21, .acknowledge, "object \(name)")  // NFT_MSG_GETOBJ_RESET
        message.add(2, text: name)
        message.add(3, network: 2)
        return message
    }

    /// Asks for a quota.
    public func getQuota(_ name: String) -> NetlinkMessage {
        var message = request(19, .acknowledge, "object \(name)")
        message.add(2, text: name)
        message.add(3, network: 2)
        return message
    }

    /// The bytes that a quota has counted, at most as many as it allows; nil when the answers hold none.
    public static func counted(in replies: [NetlinkReply]) -> UInt64? {
        replies.lazy.filter { $0.type == 10 << 8 | 18 }.compactMap { $0.attributes(after: 4).nested(4)?.network(4) }
            .first
    }

    /// struct nfgenmsg: family u8, version u8, resource u16; every request names the table first (NFTA_*_TABLE is 1).
    private func request(_ number: UInt16, _ flags: NetlinkFlags, _ subject: String) -> NetlinkMessage {
        var message = NetlinkMessage(
            10 << 8 | number,
            flags,
            header: [family.rawValue, 0, 0, 0],
            subject: "nf_tables \(name): \(subject)"
        )
        message.add(1, text: name)
        return message
    }
}
