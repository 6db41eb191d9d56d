/// What launcher (outside) and init (inside) say to each other, one message a packet of a `SOCK_SEQPACKET` pair.
///
///     launcher                         init
///     --------                         ----
///     clone3 ------------------------> born, without privileges on the host
///     writes id maps
///     .mapped + root, sources -------> becomes root inside, puts the root together …
///     makes cgroups, attaches          … meanwhile
///     .attached ---------------------> sees its own cgroups, drops privileges
///            <------------ .terminal + master     (only where the guest gets one)
///            <------------ .started               just before the guest's program is executed
///            <------------ .failed                instead of any of the above
///            <------------ .exited                the program ended (app jails)
///
/// A side that closes its end early has died: the other undoes what it did.
public enum Message: Equatable, Sendable {
    /// Id maps are written; descriptors: the root (or each layer, then the upper directory's tree), then every source.
    /// `more` follows when they do not fit one packet.
    case mapped(more: Bool)
    /// Every limit stands and the jail's first process is below it.
    case attached
    /// The terminal's master side, as a descriptor.
    case terminal
    /// All restrictions stand.
    case started
    /// A stage failed; nothing of the guest has run.
    case failed(StageFailure)
    /// The guest's program ended with this wait status of wait(2).
    case exited(status: Int32)

    /// The most descriptors that one packet carries.
    public static let descriptorsPerPacket = 16

    /// The longest packet.
    public static let byteLimit = 8192

    /// The packet for this message.
    public var bytes: [UInt8] {
        var writer = PlanWriter()
        switch self {
        case .mapped(let more):
            UInt8(1).encode(to: &writer)
            more.encode(to: &writer)
        case .attached: UInt8(2).encode(to: &writer)
        case .terminal: UInt8(3).encode(to: &writer)
        case .started: UInt8(4).encode(to: &writer)
        case .failed(let failure):
            UInt8(5).encode(to: &writer)
            failure.encode(to: &writer)
        case .exited(let status):
            UInt8(6).encode(to: &writer)
            status.encode(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a packet.
    public init(packet: [UInt8]) throws(PlanFormatError) {
        var reader = PlanReader(packet)
        let tag = try UInt8(from: &reader)
        switch tag {
        case 1: self = .mapped(more: try Bool(from: &reader))
        case 2: self = .attached
        case 3: self = .terminal
        case 4: self = .started
        case 5: self = .failed(try StageFailure(from: &reader))
        case 6: self = .exited(status: try Int32(from: &reader))
        default: throw reader.unknown("message", UInt64(tag))
        }
    }
}
