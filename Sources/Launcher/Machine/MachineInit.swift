import Glibc
import Launch
import LinuxKernel

/// Runs as `/init` of a virtual machine: modules, agents on its ports, the guest's root, and off when its process ends.
///
/// - Precondition: PID 1 of a machine of its own.
public func runMachineInit() -> Never {
    do throws(SyscallError) {
        try MachineInit.start()
    } catch {
        Report.say("bailey-init: bringing the machine up: \(error)", to: 1)
    }
    BareMachine.settle(MachineRoot.writable)
    BareMachine.powerOff()
    while true { Events.sleep(milliseconds: 60_000) }
}

enum MachineInit {
    static func start() throws(SyscallError) {
        for (type, place) in [("devtmpfs", "/dev"), ("proc", "/proc")] {
            try MachineRoot.mount(type, at: place)
        }
        try loadModules()
        let signals = try Events.takeSignals()
        let port = try openPort(0).release()
        guard let agent = try Processes.clone(flags: 0) else { serveMachine(port, signals.number) }
        _ = OwnedDescriptor(owning: port)
        var servers: [ProcessID] = []
        while true {
            while let ended = try? Processes.reapAny(wait: false) {
                if ended.pid == agent.pid { return endAll(signals) }
            }
            _ = try? Events.wait(for: [(signals.number, Int16(POLLIN))], milliseconds: 200)
            _ = Events.readSignals(signals.number)
            if servers.isEmpty, let root = guestRoot(of: agent.pid) { servers = try startServers(root, signals.number) }
        }
    }

    /// The list is the order in which they depend on each other; the kernel has some built in.
    private static func loadModules() throws(SyscallError) {
        let list = (try? Files.readText("/modules/list")) ?? ""
        for name in list.split(separator: "\n") { try BareMachine.loadModule("/modules/\(name)") }
    }

    /// The device of a port; it appears when the driver has spoken with the monitor.
    ///
    /// Its name is `vportNpM`, where N is the place of the device among all virtio devices.
    private static func openPort(_ number: Int) throws(SyscallError) -> OwnedDescriptor {
        for _ in 0..<400 {
            let names = (try? Files.list("/dev")) ?? []
            if let name = names.first(where: { $0.hasPrefix("vport") && $0.hasSuffix("p\(number + 1)") }) {
                return try Files.open("/dev/" + name, O_RDWR | O_NONBLOCK)
            }
            Events.sleep(milliseconds: 10)
        }
        throw SyscallError(call: "open", subject: "virtio port \(number + 1)", errno: ENOENT)
    }

    private static func serveMachine(_ port: Int32, _ signals: Int32) -> Never {
        var agent = GuestAgent(port: port, signals: signals, endsWithProgram: true) { setup throws(SyscallError) in
            if setup.isCanary { return }
            try MachineRoot.make(setup)
        }
        agent.run()
        Processes.exit(0)
    }

    /// The root that the first agent has entered, once it has.
    private static func guestRoot(of agent: ProcessID) -> OwnedDescriptor? {
        guard Files.exists("/proc/\(agent)/root/run/bailey-machine") else { return nil }
        return try? Files.open("/proc/\(agent)/root", OpenFlag.pathOnly | O_DIRECTORY)
    }

    private static func startServers(
        _ root: borrowing OwnedDescriptor,
        _ signals: Int32
    ) throws(SyscallError) -> [ProcessID] {
        var servers: [ProcessID] = []
        for number in 1...MachineEntries.count {
            guard let port = try? openPort(number) else { continue }
            if let child = try Processes.clone(flags: 0) {
                servers.append(child.pid)
                continue
            }
            if (try? BareMachine.join(root.number)) == nil { Processes.exit(1) }
            var agent = GuestAgent(port: port.number, signals: signals, endsWithProgram: false) {
                _ throws(SyscallError) in
            }
            agent.run()
            Processes.exit(0)
        }
        return servers
    }

    /// What the machine's process left behind is asked to end, and ends.
    private static func endAll(_ signals: borrowing OwnedDescriptor) {
        try? Processes.signal(-1, SIGTERM)
        let deadline = Events.now() + 1_000_000_000
        while Events.now() < deadline {
            _ = try? Events.wait(for: [(signals.number, Int16(POLLIN))], milliseconds: 50)
            _ = Events.readSignals(signals.number)
            do { while try Processes.reapAny(wait: false) != nil {} } catch { return }
        }
        try? Processes.signal(-1, SIGKILL)
    }
}
