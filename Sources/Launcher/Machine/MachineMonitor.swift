import Glibc
import Launch
import LinuxKernel

/// Starts a monitor in the jail that this process is in, and stands for the guest's process until both have ended.
///
/// - Returns: The exit status for the jail: the guest's process', or 125 when the machine did not come up.
public func runMachine(startFile: String) -> Int32 {
    do {
        let start = try PlanEnvelope.decode(Files.readBytes(startFile, limit: 1 << 20), as: MachineStart.self)
        return try MachineMonitor(start).run()
    } catch let failure as MachineRelay.Failure {
        Report.say("bailey: \(failure.text)", to: 2)
        return failure.status
    } catch {
        Report.say("bailey: starting the virtual machine: \(error)", to: 2)
        return 125
    }
}

/// Runs one more process in the machine of the jail that this process is in.
///
/// `request` is a ``MachineProcess``, two hexadecimal digits a byte; `folder` holds the sockets.
///
/// - Returns: Its exit status, or 125 when it could not be asked for.
public func runMachineEntry(request: String, folder: String) -> Int32 {
    do {
        let process = try PlanEnvelope.decode(Hexadecimal.bytes(request), as: MachineProcess.self)
        let signals = try Events.takeSignals()
        let entry = try MachineEntry(folder: folder)
        var relay = MachineRelay(entry.port.number, process, signals: signals.number, monitor: -1)
        try relay.greet(nil, milliseconds: 20_000)
        return try relay.run()
    } catch let failure as MachineRelay.Failure {
        Report.say("bailey: \(failure.text)", to: 2)
        return failure.status
    } catch {
        Report.say("bailey: entering the virtual machine: \(error)", to: 2)
        return 125
    }
}

/// How a canary's boot ended.
public enum CanaryOutcome: Sendable {
    /// Its agent answered after so many ms.
    case up(milliseconds: Int64)
    /// Why not.
    case failed(String)
}

/// Boots a guest that runs nothing, and turns it off as soon as it answers.
public func bootCanary(_ start: MachineStart) -> CanaryOutcome {
    let began = Events.now()
    do {
        try MachineMonitor(start).boot()
        return .up(milliseconds: (Events.now() - began) / 1_000_000)
    } catch let failure as MachineRelay.Failure {
        return .failed(failure.text.split(separator: "\n").map(String.init).joined(separator: ";"))
    } catch {
        return .failed("\(error)")
    }
}

/// The ways into a machine beside its first process.
public enum MachineEntries {
    /// So many commands can be entered at once.
    public static let count = 8
}

/// Bytes as text that any command line carries.
public enum Hexadecimal {
    /// Two digits a byte.
    public static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// What ``text(_:)`` wrote; anything else gives fewer bytes, which no plan survives.
    static func bytes(_ text: String) -> [UInt8] {
        var rest = Substring(text)
        var bytes: [UInt8] = []
        while rest.count >= 2, let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}

/// A free port of the machine, held by a lock while the entry lasts.
struct MachineEntry: ~Copyable {
    let port: OwnedDescriptor
    private let lock: OwnedDescriptor

    init(folder: String) throws {
        for number in 1...MachineEntries.count {
            let lock = try Files.open("\(folder)/lock\(number)", O_RDWR | O_CREAT | O_CLOEXEC, mode: 0o600)
            guard try FileLock.take(lock.number, named: "lock of port \(number)", wait: false) else { continue }
            port = try MachineMonitor.connect("\(folder)/port\(number)")
            self.lock = lock
            return
        }
        throw MachineRelay.Failure(
            status: 125,
            text: "all \(MachineEntries.count) ways into the machine are taken: end one of the commands in it"
        )
    }
}

struct MachineMonitor {
    private let start: MachineStart

    init(_ start: MachineStart) { self.start = start }

    func run() throws -> Int32 {
        // Before signals are taken: the monitor would inherit that they are blocked.
        let child = try startMonitor()
        do {
            let signals = try Events.takeSignals()
            let port = try connect(child)
            var relay = MachineRelay(
                port.number,
                start.process,
                signals: signals.number,
                monitor: child.pidfd.number
            )
            try relay.greet(start.setup, milliseconds: start.bootMilliseconds)
            let status = try relay.run()
            waitForEnd(child)
            return status
        } catch {
            try? Processes.signal(pidfd: child.pidfd.number, SIGKILL)
            _ = try? Processes.reap(child.pid)
            throw explained(error)
        }
    }

    /// Boots the guest, waits for its agent, and turns it off.
    func boot() throws {
        let child = try startMonitor()
        defer {
            try? Processes.signal(pidfd: child.pidfd.number, SIGTERM)
            _ = try? Processes.reap(child.pid)
        }
        do {
            let port = try connect(child)
            var relay = MachineRelay(port.number, start.process, signals: -1, monitor: child.pidfd.number)
            try relay.greet(start.setup, milliseconds: start.bootMilliseconds)
        } catch {
            throw explained(error)
        }
    }

    private func startMonitor() throws(SyscallError) -> ClonedProcess {
        let null = try Files.open("/dev/null", O_RDWR)
        let words = try Files.open(start.console + ".monitor", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        return try Processes.spawn(
            start.monitor[0],
            start.monitor,
            ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "TMPDIR=/tmp"],
            descriptors: [(null.number, 0), (words.number, 1), (words.number, 2)]
        )
    }

    /// The monitor makes its sockets before the machine runs.
    private func connect(_ child: borrowing ClonedProcess) throws -> OwnedDescriptor {
        for _ in 0..<1000 {
            if Files.exists(start.port), let port = try? Self.connect(start.port) { return port }
            let ready = try Events.wait(for: [(child.pidfd.number, Int16(POLLIN))], milliseconds: 10)
            if ready[0] != 0 { throw MachineRelay.Failure(status: 125, text: "its monitor did not start") }
        }
        throw MachineRelay.Failure(status: 125, text: "its monitor made no socket in 10 s")
    }

    static func connect(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        let socket = try StreamSockets.connect(path)
        try Events.setNonBlocking(socket.number)
        return socket
    }

    /// The guest writes out what it has and turns the machine off; one that does not is turned off.
    private func waitForEnd(_ child: borrowing ClonedProcess) {
        let ready = try? Events.wait(for: [(child.pidfd.number, Int16(POLLIN))], milliseconds: 10_000)
        if ready?[0] == 0 { try? Processes.signal(pidfd: child.pidfd.number, SIGKILL) }
        _ = try? Processes.reap(child.pid)
    }

    /// A machine that did not come up says why on its console, or its monitor does.
    private func explained(_ error: any Error) -> any Error {
        guard let failure = error as? MachineRelay.Failure, failure.status == 125 else { return error }
        let last = [start.console + ".monitor", start.console].flatMap { path in
            ((try? Files.readText(path)) ?? "").split(separator: "\n").suffix(3).map { "\n    " + $0 }
        }
        return MachineRelay.Failure(status: 125, text: failure.text + last.joined())
    }
}
