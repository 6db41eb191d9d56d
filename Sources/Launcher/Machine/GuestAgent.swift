import Glibc
import Launch
import LinuxKernel

/// Serves one port of the guest: a session after the other, one process each.
///
/// - Precondition: A process of its own, whose only children are the sessions' processes.
struct GuestAgent {
    private var stream: FrameStream
    private let signals: Int32
    private var program: GuestProgram?
    private let onSetup: (MachineSetup) throws(SyscallError) -> Void
    /// The first port's one process is the machine's: with it the agent ends.
    private let endsWithProgram: Bool
    private var number: UInt32 = 0

    /// Runs on an open port, which does not wait.
    init(
        port: Int32,
        signals: Int32,
        endsWithProgram: Bool,
        onSetup: @escaping (MachineSetup) throws(SyscallError) -> Void
    ) {
        stream = FrameStream(port)
        (self.signals, self.endsWithProgram, self.onSetup) = (signals, endsWithProgram, onSetup)
    }

    /// Serves until the machine's process has ended, or for ever.
    mutating func run() {
        while true {
            do {
                if try step() { return }
            } catch {
                // Whoever sends what is no frame, or has gone, gets a new session only by a new greeting.
                endSession()
                Events.sleep(milliseconds: 100)
            }
        }
    }

    /// One round of waiting and moving.
    ///
    /// - Returns: true when the machine is to end.
    private mutating func step() throws -> Bool {
        let polls =
            [stream.poll, (signals, Int16(POLLIN))] + (program?.polls(congested: stream.isCongested) ?? [])
        let ready = try Events.wait(for: polls, milliseconds: 10_000)
        if ready[0] & Int16(POLLHUP) != 0 {
            // Nobody is connected; poll(2) would say so at once again.
            endSession()
            Events.sleep(milliseconds: 50)
            return false
        }
        if ready[0] & Int16(POLLOUT) != 0 { try stream.flush() }
        if ready[0] & Int16(POLLIN) != 0 {
            _ = try stream.receive()
            while let frame = try stream.next() { try handle(frame) }
        }
        if program != nil, ready.count > 2 { try moveStreams(ready) }
        if ready[1] != 0 { _ = Events.readSignals(signals) }
        return try reap()
    }

    private mutating func handle(_ frame: MachineFrame) throws {
        switch frame {
        case .hello(let number):
            endSession(keepingStream: true)
            self.number = number
            if !endsWithProgram { try stream.send(.ready(number)) }
        case .setup(let setup):
            do throws(SyscallError) { try onSetup(setup) } catch {
                try stream.send(.failed(status: 125, reason: "setting the machine up: \(error)"))
                return
            }
            try stream.send(.ready(number))
        case .start(let process):
            guard program == nil else { return }
            do throws(GuestProgram.Refusal) { program = try GuestProgram(process) } catch {
                try stream.send(.failed(status: error.status, reason: error.reason))
            }
        case .input(let bytes): program?.give(bytes)
        case .inputEnd: program?.endInput()
        case .resize(let rows, let columns):
            if let terminal = program?.terminal {
                try? Terminals.resize(
                    terminal,
                    TerminalSize(rows: UInt16(clamping: rows), columns: UInt16(clamping: columns))
                )
            }
        case .signal(let number): if let program { try? Processes.signal(program.pid, number) }
        case .ready, .output, .error, .consumed, .exited, .failed: break
        }
    }

    private mutating func moveStreams(_ ready: [Int16]) throws {
        if ready[2] != 0, let count = program?.writeInput(), count > 0 { try stream.send(.consumed(UInt32(count))) }
        if ready[3] != 0, let bytes = program?.read(error: false) { try stream.send(.output(bytes)) }
        if ready[4] != 0, let bytes = program?.read(error: true) { try stream.send(.error(bytes)) }
    }

    private mutating func reap() throws -> Bool {
        while let ended = try? Processes.reapAny(wait: false) {
            guard let program, ended.pid == program.pid else { continue }
            // What it wrote is in the pipes still; what its children go on to write is not waited for.
            while let bytes = self.program?.read(error: false) { try stream.send(.output(bytes)) }
            while let bytes = self.program?.read(error: true) { try stream.send(.error(bytes)) }
            self.program?.close()
            self.program = nil
            try stream.send(.exited(ended.status.rawValue))
            if endsWithProgram {
                drain()
                return true
            }
        }
        return false
    }

    /// Sends what is left, for as long as somebody takes it.
    private mutating func drain() {
        let deadline = Events.now() + 5_000_000_000
        while !stream.isIdle, Events.now() < deadline {
            guard let ready = try? Events.wait(for: [stream.poll], milliseconds: 1000),
                ready[0] & Int16(POLLHUP) == 0
            else { return }
            do { try stream.flush() } catch { return }
        }
    }

    /// Ends the process of a session whose caller has gone; the machine's own outlives its callers.
    private mutating func endSession(keepingStream: Bool = false) {
        if !keepingStream { stream.reset() }
        guard !endsWithProgram, let program else { return }
        try? Processes.signal(-program.pid, SIGHUP)
        try? Processes.signal(program.pid, SIGKILL)
        _ = try? Processes.reap(program.pid)
        self.program?.close()
        self.program = nil
    }
}
