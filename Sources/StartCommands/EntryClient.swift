import Engine
import Glibc
import LinuxKernel

/// A command inside a jail for a caller who is not root: the supervisor starts it, if the caller may, with the caller's own
/// streams.
struct EntryClient: ~Copyable {
    private let line: PacketSocket

    /// Connects to the supervisor of an engine; nil where none listens.
    init?(_ engine: Engine) {
        guard let line = try? UnixSocket.connectForPackets(engine.layout.runtime + "/enter.sock") else { return nil }
        self.line = line
    }

    /// Runs it to its end, passing signals on.
    ///
    /// - Returns: Its status.
    /// - Throws: ``CommandFailure`` with the supervisor's words; nothing was started then.
    borrowing func run(_ jail: String, _ command: EntryMessage.Command) throws -> Int32 {
        let signals = try Events.takeSignals()
        // Whatever becomes of the other side, the terminal is as it was afterwards.
        let screen = command.terminal && command.interactive ? try? Terminals.makeRaw(0) : nil
        defer { if let screen { Terminals.restore(0, screen) } }
        try line.send(EntryMessage.run(jail: jail, command).bytes, descriptors: [0, 1, 2])
        while true {
            let ready = try Events.wait(for: [
                (line.descriptor.number, Int16(POLLIN)), (signals.number, Int16(POLLIN)),
            ])
            if ready[1] != 0 {
                for signal in Events.readSignals(signals.number).map(\.number) where Self.passed.contains(signal) {
                    try? line.send(EntryMessage.signal(signal).bytes)
                }
            }
            guard ready[0] != 0 else { continue }
            let packet = try line.receive(limit: EntryMessage.byteLimit)
            guard !packet.bytes.isEmpty else {
                throw CommandFailure(message: "entering \(jail): the supervisor has ended meanwhile", status: 125)
            }
            switch EntryMessage(packet.bytes) {
            case .ended(let status): return status
            case .refused(let text): throw CommandFailure(message: text, status: 125)
            case .run, .signal, nil: continue
            }
        }
    }

    /// Everything else concerns this process alone.
    static let passed: Set<Int32> = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH]
}
