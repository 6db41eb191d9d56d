import Glibc
import Launch
import LinuxKernel

/// Stands for the guest's process outside the machine: its streams, its signals, its exit status.
struct MachineRelay {
    private var stream: FrameStream
    private let process: MachineProcess
    private let signals: Int32
    private let monitor: Int32
    private var screen: [UInt8]?
    private var inFlight = 0
    private var inputEnded: Bool
    /// What the caller's streams have not taken yet: output and errors.
    private var pending: [Int32: ArraySlice<UInt8>] = [1: [], 2: []]

    /// Why the guest's process was not started, or its machine is gone.
    struct Failure: Error {
        let status: Int32
        let text: String
    }

    /// Over a connected socket that does not wait, with signals as data and the monitor's pidfd; -1 where another process
    /// watches that.
    init(_ port: Int32, _ process: MachineProcess, signals: Int32, monitor: Int32) {
        stream = FrameStream(port)
        (self.process, self.signals, self.monitor) = (process, signals, monitor)
        inputEnded = !process.input
    }

    /// Greets the agent and waits until it answers.
    ///
    /// - Parameters:
    ///   - setup: For the first port only.
    ///   - milliseconds: How long it may take.
    /// - Throws: ``Failure`` when the time is over, the monitor ended, or the agent could not set the guest up.
    mutating func greet(_ setup: MachineSetup?, milliseconds: UInt32) throws {
        let number = UInt32(truncatingIfNeeded: Events.now())
        try stream.send(.hello(number))
        if let setup { try stream.send(.setup(setup)) }
        let deadline = Events.now() + Int64(milliseconds) * 1_000_000
        while true {
            let rest = (deadline - Events.now()) / 1_000_000
            if rest <= 0 {
                throw Failure(status: 125, text: "its agent did not answer within \(milliseconds / 1000) s")
            }
            let polls = [stream.poll, (signals, Int16(POLLIN)), (monitor, Int16(POLLIN))]
            let ready = try Events.wait(for: polls, milliseconds: Int32(min(rest, 1000)))
            if ready[2] != 0 { throw Failure(status: 125, text: "its monitor ended before the guest was up") }
            if ready[1] != 0, Events.readSignals(signals).contains(where: { Self.ends($0.number) }) {
                throw Failure(status: 143, text: "it was asked to end before the guest was up")
            }
            if ready[0] & Int16(POLLOUT) != 0 { try stream.flush() }
            if ready[0] & ~Int16(POLLOUT) == 0 { continue }
            guard try stream.receive() else {
                throw Failure(status: 125, text: "its monitor closed the line to the agent")
            }
            while let frame = try stream.next() {
                switch frame {
                case .ready(number): return
                case .failed(let status, let reason): throw Failure(status: Int32(clamping: status), text: reason)
                default: continue
                }
            }
        }
    }

    /// Runs the process to its end.
    ///
    /// - Returns: The exit status, as a shell has it.
    mutating func run() throws -> Int32 {
        var process = process
        if process.terminal {
            let size = Terminals.size(0) ?? TerminalSize(rows: 24, columns: 80)
            (process.rows, process.columns) = (UInt32(size.rows), UInt32(size.columns))
            screen = try? Terminals.makeRaw(0)
        }
        defer { if let screen { Terminals.restore(0, screen) } }
        try stream.send(.start(process))
        while true {
            if let status = try step() { return status }
        }
    }

    private mutating func step() throws -> Int32? {
        let wantsInput = !inputEnded && inFlight < MachineFrame.inputWindow
        let isFull = pending.values.contains { !$0.isEmpty }
        var port = stream.poll
        // A caller that does not read keeps the guest's output in the guest.
        if isFull { port.events &= ~Int16(POLLIN) }
        let polls: [(fd: Int32, events: Int16)] = [
            port, (signals, Int16(POLLIN)), (monitor, Int16(POLLIN)), (wantsInput ? 0 : -1, Int16(POLLIN)),
            (pending[1]?.isEmpty == false ? 1 : -1, Int16(POLLOUT)),
            (pending[2]?.isEmpty == false ? 2 : -1, Int16(POLLOUT)),
        ]
        let ready = try Events.wait(for: polls)
        if ready[4] != 0 { give(1) }
        if ready[5] != 0 { give(2) }
        if ready[1] != 0 { for signal in Events.readSignals(signals) { try pass(signal.number) } }
        if ready[3] != 0 { try takeInput() }
        if ready[0] & Int16(POLLOUT) != 0 { try stream.flush() }
        if ready[0] & (Int16(POLLIN) | Int16(POLLHUP)) != 0, !isFull {
            let isOpen = try stream.receive()
            if let status = try takeFrames() { return status }
            if !isOpen { throw Failure(status: 125, text: "the machine ended before its process did") }
        } else if ready[2] != 0 {
            throw Failure(status: 125, text: "the machine ended before its process did")
        }
        return nil
    }

    private mutating func takeFrames() throws -> Int32? {
        while let frame = try stream.next() {
            switch frame {
            case .output(let bytes): put(bytes, 1)
            case .error(let bytes): put(bytes, 2)
            case .consumed(let count): inFlight = max(0, inFlight - Int(count))
            case .exited(let status):
                drain()
                return WaitStatus(rawValue: status).shellCode
            case .failed(let status, let reason): throw Failure(status: Int32(clamping: status), text: reason)
            default: continue
            }
        }
        return nil
    }

    private mutating func takeInput() throws {
        let bytes = (try? Files.readSome(0, named: "input", upTo: 16384)) ?? []
        if bytes.isEmpty {
            inputEnded = true
            try stream.send(.inputEnd)
        } else {
            inFlight += bytes.count
            try stream.send(.input(bytes))
        }
    }

    private mutating func pass(_ number: Int32) throws {
        switch number {
        case SIGCHLD, SIGPIPE, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU: return
        case SIGWINCH:
            if let size = Terminals.size(0) {
                try stream.send(.resize(rows: UInt32(size.rows), columns: UInt32(size.columns)))
            }
        default: try stream.send(.signal(number))
        }
    }

    static func ends(_ number: Int32) -> Bool { [SIGTERM, SIGINT, SIGQUIT, SIGHUP].contains(number) }

    private mutating func put(_ bytes: [UInt8], _ stream: Int32) {
        pending[stream, default: []] += bytes
        give(stream)
    }

    /// Writes what a stream that poll(2) found ready takes at once.
    private mutating func give(_ number: Int32) {
        guard let bytes = pending[number], !bytes.isEmpty else { return }
        guard let ready = try? Events.wait(for: [(number, Int16(POLLOUT))], milliseconds: 0), ready[0] != 0 else {
            return
        }
        do throws(SyscallError) {
            pending[number] = bytes.dropFirst(try Files.writeSome(number, bytes.prefix(4096), named: "stream"))
        } catch  where error.errno == EAGAIN {} catch {
            // Nobody reads it any more.
            pending[number] = []
        }
    }

    private mutating func drain() {
        for number: Int32 in [1, 2] {
            while pending[number]?.isEmpty == false {
                _ = try? Events.wait(for: [(number, Int16(POLLOUT))])
                give(number)
            }
        }
    }
}
