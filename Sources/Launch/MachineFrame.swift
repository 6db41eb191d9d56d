/// One message between the process beside the monitor and the agent in the guest, over a virtio-serial port.
///
///     beside the monitor                 in the guest
///     hello N, set-up -----------------> mounts the root (first port only)
///            <------------------------- ready N
///     start ---------------------------> runs the process
///     input, end, size, signal --------> …
///            <------------------------- output, error, consumed
///            <------------------------- exited, or failed
///
/// The port outlives its callers, so a session begins with a number of the caller's: whatever still comes before `ready` with
/// that number is of the session before. Input is sent as far as the guest has taken it (`consumed`), so that a process
/// that does not read cannot keep a signal from arriving.
public enum MachineFrame: Equatable, Sendable {
    case hello(UInt32)
    case setup(MachineSetup)
    case start(MachineProcess)
    case input([UInt8])
    case inputEnd
    case resize(rows: UInt32, columns: UInt32)
    case signal(Int32)
    case ready(UInt32)
    case output([UInt8])
    case error([UInt8])
    case consumed(UInt32)
    case exited(Int32)
    /// Nothing was started: the exit status that stands for it, and why.
    case failed(status: UInt32, reason: String)

    /// The longest payload; whoever announces more is not believed.
    public static let payloadLimit = 1 << 20
    /// How much input may be under way.
    public static let inputWindow = 1 << 16

    private var kind: UInt8 {
        switch self {
        case .hello: 1
        case .setup: 2
        case .start: 3
        case .input: 4
        case .inputEnd: 5
        case .resize: 6
        case .signal: 7
        case .ready: 129
        case .output: 130
        case .error: 131
        case .consumed: 132
        case .exited: 133
        case .failed: 134
        }
    }

    /// The frame as bytes: kind, length (4 bytes, lowest first), payload.
    public var bytes: [UInt8] {
        var payload = PlanWriter()
        switch self {
        case .hello(let number), .ready(let number), .consumed(let number): number.encode(to: &payload)
        case .setup(let setup): setup.encode(to: &payload)
        case .start(let process): process.encode(to: &payload)
        case .input(let bytes), .output(let bytes), .error(let bytes): payload.append(raw: bytes)
        case .inputEnd: break
        case .resize(let rows, let columns):
            rows.encode(to: &payload)
            columns.encode(to: &payload)
        case .signal(let number), .exited(let number): number.encode(to: &payload)
        case .failed(let status, let reason):
            status.encode(to: &payload)
            reason.encode(to: &payload)
        }
        let length = payload.bytes.count
        return [kind] + (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + payload.bytes
    }

    private init(kind: UInt8, payload: [UInt8]) throws(PlanFormatError) {
        var reader = PlanReader(payload)
        switch kind {
        case 1: self = .hello(try UInt32(from: &reader))
        case 2: self = .setup(try MachineSetup(from: &reader))
        case 3: self = .start(try MachineProcess(from: &reader))
        case 4: self = .input(payload)
        case 5: self = .inputEnd
        case 6: self = .resize(rows: try UInt32(from: &reader), columns: try UInt32(from: &reader))
        case 7: self = .signal(try Int32(from: &reader))
        case 129: self = .ready(try UInt32(from: &reader))
        case 130: self = .output(payload)
        case 131: self = .error(payload)
        case 132: self = .consumed(try UInt32(from: &reader))
        case 133: self = .exited(try Int32(from: &reader))
        case 134: self = .failed(status: try UInt32(from: &reader), reason: try String(from: &reader))
        default: throw PlanFormatError(reason: "unknown frame \(kind)")
        }
    }

    /// Takes the first whole frame off `bytes`; nil while there is none.
    ///
    /// - Throws: ``PlanFormatError`` for bytes that are no frame; the session cannot go on then.
    public static func take(from bytes: inout [UInt8]) throws(PlanFormatError) -> MachineFrame? {
        guard bytes.count >= 5 else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[1 + $1]) << ($1 * 8) }
        guard length <= payloadLimit else { throw PlanFormatError(reason: "a frame of \(length) bytes") }
        guard bytes.count >= 5 + length else { return nil }
        let frame = try MachineFrame(kind: bytes[0], payload: Array(bytes[5..<(5 + length)]))
        bytes.removeFirst(5 + length)
        return frame
    }
}
