import LinuxKernel

/// One step of a rule's small program, as nf_tables runs it: it loads a register, or ends the rule when it does not match.
///
/// Registers are numbered in units of four bytes, 0 to 15: a key of several fields lies in neighbouring ones, each field
/// padded to four bytes, as the kernel's sets want it. linux/netfilter/nf_tables.h.
public struct Expression: Sendable {
    let name: String
    private let body: @Sendable (inout NetlinkMessage) -> Void

    private init(_ name: String, _ body: @escaping @Sendable (inout NetlinkMessage) -> Void = { _ in }) {
        (self.name, self.body) = (name, body)
    }

    /// Appends `NFTA_EXPR_NAME` and `NFTA_EXPR_DATA`.
    func write(to message: inout NetlinkMessage) {
        message.add(1, text: name)
        message.nest(2, marked: true, body)
    }

    private static func register(_ number: UInt32) -> UInt32 { 8 + number }  // NFT_REG32_00

    /// A property of the packet.
    public enum Meta: UInt32, Sendable {
        case mark = 3
        case inputName = 6
        case outputName = 7
        case networkProtocol = 15
        case transportProtocol = 16
        case inputGroup = 21
        case outputGroup = 22
    }

    /// Where in the packet a field is counted from.
    public enum Base: UInt32, Sendable {
        case link = 0
        case network = 1
        case transport = 2
    }

    /// What becomes of the packet.
    public enum Verdict: Sendable, Equatable {
        case accept
        case drop
        case giveBack
        case jump(String)
        case goTo(String)

        var code: Int32 {
            switch self {
            case .drop: 0
            case .accept: 1
            case .jump: -3
            case .goTo: -4
            case .giveBack: -5
            }
        }

        /// Appends `NFTA_DATA_VERDICT`.
        func write(to message: inout NetlinkMessage) {
            message.nest(2, marked: true) { verdict in
                verdict.add(1, network: UInt32(bitPattern: code))
                switch self {
                case .jump(let chain), .goTo(let chain): verdict.add(2, text: chain)
                default: return
                }
            }
        }
    }

    static func load(_ meta: Meta, into number: UInt32) -> Expression {
        Expression("meta") { data in
            data.add(2, network: meta.rawValue)
            data.add(1, network: register(number))
        }
    }

    /// Sets the packet's mark to what a register holds.
    static func setMark(_ number: UInt32) -> Expression {
        Expression("meta") { data in
            data.add(2, network: Meta.mark.rawValue)
            data.add(3, network: register(number))
        }
    }

    /// Puts bytes into a register.
    static func value(_ bytes: [UInt8], into number: UInt32) -> Expression {
        Expression("immediate") { data in
            data.add(1, network: register(number))
            data.nest(2, marked: true) { $0.add(1, bytes) }
        }
    }

    static func payload(_ base: Base, _ offset: UInt32, _ length: UInt32, into number: UInt32) -> Expression {
        Expression("payload") { data in
            data.add(1, network: register(number))
            data.add(2, network: base.rawValue)
            data.add(3, network: offset)
            data.add(4, network: length)
        }
    }

    /// Goes on only if the register holds these bytes, or only if it does not.
    static func compare(_ number: UInt32, _ bytes: [UInt8], differs: Bool = false) -> Expression {
        Expression("cmp") { data in
            data.add(1, network: register(number))
            data.add(2, network: differs ? 1 : 0)
            data.nest(3, marked: true) { $0.add(1, bytes) }
        }
    }

    /// Goes on only if the register lies between two numbers of network order, both included.
    static func range(_ number: UInt32, _ low: [UInt8], _ high: [UInt8]) -> Expression {
        Expression("range") { data in
            data.add(1, network: register(number))
            data.add(2, network: 0)
            data.nest(3, marked: true) { $0.add(1, low) }
            data.nest(4, marked: true) { $0.add(1, high) }
        }
    }

    static func mask(_ number: UInt32, _ bytes: [UInt8]) -> Expression {
        Expression("bitwise") { data in
            data.add(1, network: register(number))
            data.add(2, network: register(number))
            data.add(3, network: UInt32(bytes.count))
            data.add(6, network: 0)
            data.nest(4, marked: true) { $0.add(1, bytes) }
            data.nest(5, marked: true) { $0.add(1, [UInt8](repeating: 0, count: bytes.count)) }
        }
    }

    /// The connection's state or status, four bytes in the host's order.
    static func connection(key: UInt32, into number: UInt32) -> Expression {
        Expression("ct") { data in
            data.add(2, network: key)
            data.add(1, network: register(number))
        }
    }

    /// What kind of address the destination is to this host: `RTN_LOCAL` is 2.
    static func destinationKind(into number: UInt32) -> Expression {
        Expression("fib") { data in
            data.add(1, network: register(number))
            data.add(2, network: 3)  // NFT_FIB_RESULT_ADDRTYPE
            data.add(3, network: 2)  // NFTA_FIB_F_DADDR
        }
    }

    /// Goes on only if the key is in the set; of a map the value is loaded too.
    static func find(_ set: String, _ number: UInt32, into target: UInt32? = nil) -> Expression {
        Expression("lookup") { data in
            data.add(2, network: register(number))
            if let target { data.add(3, network: register(target)) }
            data.add(1, text: set)
        }
    }

    /// Goes on with the verdict that the map has for the key; with the next rule if it has none.
    static func verdict(of map: String, _ number: UInt32) -> Expression {
        Expression("lookup") { data in
            data.add(2, network: register(number))
            data.add(3, network: 0)  // NFT_REG_VERDICT
            data.add(1, text: map)
        }
    }

    static func end(_ verdict: Verdict) -> Expression {
        Expression("immediate") { data in
            data.add(1, network: 0)
            data.nest(2, marked: true) { verdict.write(to: &$0) }
        }
    }

    /// Runs the object (quota, limit) that the map has for the key.
    static func object(of map: String, _ number: UInt32) -> Expression {
        Expression("objref") { data in
            data.add(3, network: register(number))
            data.add(4, text: map)
        }
    }

    /// Notes the key in a set; the set's own counter counts.
    static func note(in set: String, _ number: UInt32) -> Expression {
        Expression("dynset") { data in
            data.add(4, network: register(number))
            data.add(3, network: 1)  // NFT_DYNSET_OP_UPDATE
            data.add(1, text: set)
        }
    }

    /// Sends the connection elsewhere: address in one register, port in another.
    static func redirect(_ version: AddressVersion, address: UInt32, port: UInt32) -> Expression {
        Expression("nat") { data in
            data.add(1, network: 1)  // NFT_NAT_DNAT
            data.add(2, network: UInt32(version.number))
            data.add(3, network: register(address))
            data.add(5, network: register(port))
        }
    }

    static let masquerade = Expression("masq")

    /// Shows the packet to whoever listens to Bailey's group of NETLINK_NETFILTER; nobody does, mostly, and then it costs nothing.
    static func show(_ prefix: String) -> Expression {
        Expression("log") { data in
            data.add(1, RefusalTrace.group.networkBytes)
            data.add(2, text: RefusalTrace.prefix + prefix)
            data.add(3, network: RefusalTrace.length)
        }
    }

    /// Answers TCP with a reset.
    static let reset = Expression("reject") { $0.add(1, network: 1) }

    /// Answers with the unreachable message of the packet's own version: administratively prohibited.
    static let prohibit = Expression("reject") { data in
        data.add(1, network: 2)
        data.add(2, byte: 3)
    }

    /// Counts, starting here.
    static func counter(packets: UInt64 = 0, bytes: UInt64 = 0) -> Expression {
        Expression("counter") { data in
            data.add(1, network64: bytes)
            data.add(2, network64: packets)
        }
    }

    /// Goes on only when there are more connections than this.
    static func connections(over count: UInt32) -> Expression {
        Expression("connlimit") { data in
            data.add(1, network: count)
            data.add(2, network: 1)
        }
    }

    /// Goes on only above this rate of packets.
    static func packets(over rate: UInt64, perSeconds unit: UInt64, burst: UInt32) -> Expression {
        Expression("limit") { limit(&$0, rate, unit, burst, bytes: false) }
    }

    /// The attributes of a limit that holds above a rate.
    static func limit(_ data: inout NetlinkMessage, _ rate: UInt64, _ unit: UInt64, _ burst: UInt32, bytes: Bool) {
        data.add(1, network64: rate)
        data.add(2, network64: unit)
        data.add(3, network: burst)
        data.add(4, network: bytes ? 1 : 0)
        data.add(5, network: 1)
    }
}

/// The two versions of the Internet Protocol, as nf_tables sees them.
public enum AddressVersion: CaseIterable, Sendable {
    case v4
    case v6

    /// `NFPROTO_*`, the same as `AF_*`.
    public var number: UInt8 { self == .v4 ? 2 : 10 }
    /// Bytes in an address.
    public var length: UInt32 { self == .v4 ? 4 : 16 }
    /// Where the source address is in the network header.
    var sourceOffset: UInt32 { self == .v4 ? 12 : 8 }
    /// Where the destination address is.
    var destinationOffset: UInt32 { self == .v4 ? 16 : 24 }
    /// What the names of its sets end with.
    var suffix: String { self == .v4 ? "4" : "6" }
    /// nft's number for the type of an address.
    var type: UInt32 { self == .v4 ? 7 : 8 }
    /// Registers that an address takes.
    var registers: UInt32 { length / 4 }
    /// `ETH_P_IP` or `ETH_P_IPV6` in network order.
    var etherType: [UInt8] { self == .v4 ? [0x08, 0x00] : [0x86, 0xDD] }

    /// The version of an address.
    public init(_ address: [UInt8]) { self = address.count == 16 ? .v6 : .v4 }
}
