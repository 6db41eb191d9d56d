import Launch
import Profiles

/// What a user without privileges and the supervisor say to each other about a command inside a jail: one packet each.
///
///     bailey                              baileyd
///     .run + input, output, complaints -> knows who asks, starts the command with these streams
///     .signal -------------------------> passed on to it
///            <------------ .ended         its status, or
///            <------------ .refused       why it was not started
///
/// A side that closes has given up: the command is ended then.
public enum EntryMessage: Equatable, Sendable {
    /// Start a command in a jail.
    case run(jail: String, Command)
    /// The window changed, or somebody wants it to end.
    case signal(Int32)
    /// As a shell shows it.
    case ended(Int32)
    /// In words.
    case refused(String)

    /// The command and what it wants.
    public struct Command: Equatable, Sendable {
        /// Program and arguments; a shell where there are none.
        public var arguments: [String] = []
        /// Variables, as `NAME=value`.
        public var environment: [String] = []
        /// Working directory inside.
        public var directory: String?
        /// Whom it runs as inside.
        public var user: String?
        /// Give it a terminal of the jail's.
        public var terminal = false
        /// Pass input on.
        public var interactive = false

        /// A shell.
        public init() {}
    }

    /// No packet is longer.
    public static let byteLimit = 128 << 10

    /// The message as a packet.
    public var bytes: [UInt8] {
        var writer = PlanWriter()
        switch self {
        case .run(let jail, let command):
            UInt8(1).encode(to: &writer)
            jail.encode(to: &writer)
            command.encode(to: &writer)
        case .signal(let number):
            UInt8(2).encode(to: &writer)
            number.encode(to: &writer)
        case .ended(let status):
            UInt8(3).encode(to: &writer)
            status.encode(to: &writer)
        case .refused(let text):
            UInt8(4).encode(to: &writer)
            text.encode(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a packet, whoever sent it; nil for anything but one whole message.
    public init?(_ packet: [UInt8]) {
        var reader = PlanReader(packet)
        do throws(PlanFormatError) {
            switch try UInt8(from: &reader) {
            case 1: self = .run(jail: try String(from: &reader), try Command(from: &reader))
            case 2: self = .signal(try Int32(from: &reader))
            case 3: self = .ended(try Int32(from: &reader))
            case 4: self = .refused(try String(from: &reader))
            default: return nil
            }
        } catch { return nil }
        guard reader.remaining == 0 else { return nil }
    }
}

extension EntryMessage.Command: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        arguments.encode(to: &writer)
        environment.encode(to: &writer)
        directory.encode(to: &writer)
        user.encode(to: &writer)
        terminal.encode(to: &writer)
        interactive.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        arguments = try [String](from: &reader)
        environment = try [String](from: &reader)
        directory = try String?(from: &reader)
        user = try String?(from: &reader)
        terminal = try Bool(from: &reader)
        interactive = try Bool(from: &reader)
    }

    /// What it asks of the engine.
    public func request() throws(ValueProblem) -> EntryRequest {
        var request = EntryRequest(command: arguments)
        (request.environment, request.directory) = (environment, directory)
        (request.terminal, request.interactive) = (terminal, interactive)
        if let user { request.user = try UserSpec(parsing: user) }
        guard environment.allSatisfy({ $0.first != "=" && $0.contains("=") }) else {
            throw ValueProblem("a variable is written NAME=VALUE")
        }
        return request
    }
}
