import Glibc
import Launch
import LinuxKernel

/// `bailey-init` as PID 1 of an app jail: starts the program, passes signals on, reaps, and ends with its status.
enum InitProcess {
    /// Stays until the program and what it left behind have ended; then exits.
    static func run(
        _ plan: LaunchPlan,
        _ socket: borrowing PacketSocket,
        _ streams: GuestStreams
    ) throws(StageFailure) -> Never {
        // Opened while nothing of the guest runs: later the guest decides what is at that path.
        let null = try during(.terminal) { () throws(SyscallError) in try NullDevice.open().release() }
        let guest = try startGuest(plan, socket, streams)
        try during(.privileges) { () throws(SyscallError) in try retire(keeping: socket, null) }
        let signals = try during(.execute) { () throws(SyscallError) in try Events.takeSignals() }
        try during(.execute) { () throws(SyscallError) in try socket.send(Message.started.bytes) }
        let status = waitForEnd(of: guest, signals)
        try? socket.send(Message.exited(status: status.rawValue).bytes)
        endStragglers(signals, milliseconds: Int64(plan.process.graceMilliseconds))
        Processes.exit(status.shellCode)
    }

    private static func startGuest(
        _ plan: LaunchPlan,
        _ socket: borrowing PacketSocket,
        _ streams: GuestStreams
    ) throws(StageFailure) -> ProcessID {
        // Both are of this jail, so one may see the other's memory; the launcher's is another matter.
        let line = socket.descriptor.number
        return try during(.execute) { () throws(SyscallError) in
            try Processes.startSharingMemory {
                do throws(StageFailure) {
                    try GuestStart.run(plan.privileges, plan.process, streams)
                } catch {
                    try? PacketSocket.send(Message.failed(error).bytes, through: line)
                    Processes.exit(127)
                }
            }
        }
    }

    /// Gives up everything that PID 1 does not need for its few duties.
    private static func retire(keeping socket: borrowing PacketSocket, _ null: Int32) throws(SyscallError) {
        for target: Int32 in 0...2 { try ProcessAttributes.place(null, at: target) }
        try ProcessAttributes.closeDescriptors(from: 3, except: [socket.descriptor.number])
        try ProcessAttributes.refuseNewPrivileges()
        try Capabilities.limitBoundingSet(to: 0)
        // CAP_KILL (5): signals are passed on to a program that runs as another user.
        try Capabilities.set(effective: 1 << 5, permitted: 1 << 5, inheritable: 0)
    }

    private static func waitForEnd(of guest: ProcessID, _ signals: borrowing OwnedDescriptor) -> WaitStatus {
        while true {
            while let ended = try? Processes.reapAny(wait: false) {
                if ended.pid == guest { return ended.status }
            }
            _ = try? Events.wait(for: [(signals.number, Int16(POLLIN))])
            for signal in Events.readSignals(signals.number) where isForGuest(signal) {
                try? Processes.signal(guest, signal.number)
            }
        }
    }

    /// From outside every signal is meant for the program.
    ///
    /// From inside only those that ask a system to end: others are for an init program that the sender expects here, as
    /// a package script of sysvinit does with SIGUSR1.
    private static func isForGuest(_ signal: ReceivedSignal) -> Bool {
        switch signal.number {
        case SIGCHLD: false
        case SIGTERM, SIGINT, SIGQUIT, SIGHUP: true
        default: signal.sender == 0
        }
    }

    /// Asks what the program left behind to end; what stays longer ends with PID 1.
    private static func endStragglers(_ signals: borrowing OwnedDescriptor, milliseconds: Int64) {
        guard hasChildren() else { return }
        try? Processes.signal(-1, SIGTERM)
        let deadline = Events.now() + milliseconds * 1_000_000
        while hasChildren() {
            let rest = (deadline - Events.now()) / 1_000_000
            if rest <= 0 { return }
            _ = try? Events.wait(for: [(signals.number, Int16(POLLIN))], milliseconds: Int32(rest))
            _ = Events.readSignals(signals.number)
        }
    }

    /// Reaps what has ended; false once no process is left.
    private static func hasChildren() -> Bool {
        do {
            while try Processes.reapAny(wait: false) != nil {}
            return true
        } catch {
            return false
        }
    }
}
