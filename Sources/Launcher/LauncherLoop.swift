import Glibc
import Launch
import LinuxKernel

/// The launcher while the guest runs: passes signals and streams on, and waits for the end.
enum LauncherLoop {
    /// Serves until the jail's first process has ended and is reaped.
    ///
    /// - Returns: The guest's wait status: the program's in an app jail, PID 1's in a system jail; and whether a guest's
    ///   init asked to be started again.
    static func run(
        _ process: GuestProcess,
        _ caller: Streams,
        _ running: borrowing RunningInit,
        _ streams: inout StreamRelays
    ) -> (status: WaitStatus, wantsRestart: Bool) {
        let screen = Screen(running.terminal, raw: caller.input && caller.log.isEmpty)
        if let terminal = running.terminal { streams.connect(terminal: terminal) }
        var reported: WaitStatus?
        var socket = running.socket.descriptor.number
        while true {
            let fixed: [(fd: Int32, events: Int16)] = [
                (running.signals.number, Int16(POLLIN)), (running.process.pidfd.number, Int16(POLLIN)),
                (socket, Int16(POLLIN)),
            ]
            guard let ready = try? Events.wait(for: fixed + streams.polls) else { continue }
            streams.serve(ready[3...])
            if ready[0] != 0 { passSignals(from: running, process, screen) }
            if ready[2] != 0 {
                if let status = readExit(running.socket) { reported = status } else { socket = -1 }
            }
            if ready[1] != 0 { break }
        }
        let status = (try? Processes.reap(running.process.pid)) ?? WaitStatus(rawValue: 125 << 8)
        if let late = reported == nil ? readExit(running.socket) : nil { reported = late }
        streams.drain()
        screen.restore()
        // PID 1 of a namespace ends by SIGHUP when something inside asks for a reboot; see reboot(2).
        let wantsRestart = reported == nil && process.isInit && status.signal == SIGHUP
        return (reported ?? (process.isInit ? orderlyEnd(status) : status), wantsRestart)
    }

    /// A guest's init that powers off or reboots ends by SIGINT or SIGHUP; see reboot(2) on pid namespaces.
    private static func orderlyEnd(_ status: WaitStatus) -> WaitStatus {
        status.signal == SIGINT || status.signal == SIGHUP ? WaitStatus(rawValue: 0) : status
    }

    private static func readExit(_ socket: borrowing PacketSocket) -> WaitStatus? {
        guard let ready = try? Events.wait(for: [(socket.descriptor.number, Int16(POLLIN))], milliseconds: 0),
            ready[0] & Int16(POLLIN) != 0,
            let packet = try? socket.receive(limit: Message.byteLimit),
            case .exited(let status) = try? Message(packet: packet.bytes)
        else { return nil }
        return WaitStatus(rawValue: status)
    }

    private static func passSignals(from running: borrowing RunningInit, _ process: GuestProcess, _ screen: Screen) {
        for number in Events.readSignals(running.signals.number).map(\.number) {
            switch number {
            case SIGCHLD, SIGPIPE, SIGCONT: continue
            case SIGWINCH: screen.resize()
            case SIGTSTP, SIGTTIN, SIGTTOU: try? Processes.signal(Processes.current, SIGSTOP)
            case SIGINT, SIGTERM, SIGHUP, SIGQUIT:
                // An init program takes these for something else than "end": it gets the signal that it ends by.
                let passed = process.isInit ? process.stopSignal : number
                try? Processes.signal(pidfd: running.process.pidfd.number, passed)
            default: try? Processes.signal(pidfd: running.process.pidfd.number, number)
            }
        }
    }
}

/// The caller's terminal while it shows the guest's.
struct Screen {
    private let guest: Int32?
    private let saved: [UInt8]?

    /// Takes the caller's terminal over if the guest has one of its own and there is one to take.
    init(_ guest: Int32?, raw: Bool) {
        self.guest = guest
        saved = guest != nil && raw ? try? Terminals.makeRaw(0) : nil
        resize()
    }

    /// Gives the guest's terminal the size of the caller's.
    func resize() {
        guard let guest, let size = Terminals.size(0) ?? Terminals.size(1) else { return }
        try? Terminals.resize(guest, size)
    }

    /// Gives the caller's terminal back as it was.
    func restore() {
        if let saved { Terminals.restore(0, saved) }
    }
}
