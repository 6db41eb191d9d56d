import Glibc
import Launch
import LinuxKernel

/// A container's process before it runs anything of the container.
struct ContainerChild: ~Copyable {
    let process: ClonedProcess
    let line: ContainerLine
    /// It was born in its cgroup.
    let isInCgroup: Bool
}

/// Makes the container's process in its namespaces.
///
/// Three ways, by what the namespaces demand:
/// - Usually the runtime joins what is joined, clones, and goes back to its own: one process.
/// - A user namespace that is joined cannot be left again, so a child goes there and makes the process as its sibling.
/// - The same when a time namespace is wanted by a caller who is only root in the new user namespace.
struct ContainerBirth {
    private let plan: ContainerPlan
    private let hands: ContainerHands
    private let keeper: any ContainerKeeper

    init(_ plan: ContainerPlan, _ hands: ContainerHands, _ keeper: any ContainerKeeper) {
        self.plan = plan
        self.hands = hands
        self.keeper = keeper
    }

    func clone() throws(ContainerFailure) -> ContainerChild {
        try step(.clone) { () throws(SyscallError) in
            let ends = try PacketSocket.pair()
            if plan.joined.contains(where: { $0.kind == .user }) { return try cloneThroughChild(ends) }
            return try cloneDirectly(ends)
        }
    }

    private func cloneDirectly(_ ends: consuming PacketPair) throws(SyscallError) -> ContainerChild {
        let detour = try NamespaceDetour(plan)
        let flags = plan.created.subtracting([.cgroup, .time]).rawValue
        let cgroup = try birthplace()
        defer { if let cgroup { _ = OwnedDescriptor(owning: cgroup) } }
        guard let process = try Processes.clone(flags: flags, cgroup: cgroup) else { begin(ends.keepSecond()) }
        try detour.goBack()
        return ContainerChild(process: process, line: ContainerLine(ends.keepFirst()), isInCgroup: cgroup != nil)
    }

    private func cloneThroughChild(_ ends: consuming PacketPair) throws(SyscallError) -> ContainerChild {
        guard let between = try Processes.clone(flags: 0) else {
            goThrough(ends.keepSecond())
        }
        let line = ContainerLine(ends.keepFirst())
        let said = try line.hear()
        _ = try? Processes.reap(between.pid)
        switch said?.message {
        case .sibling(let pid):
            return ContainerChild(process: try Processes.adopt(pid), line: line, isInCgroup: false)
        case .failed(let failure):
            throw SyscallError(call: "setns", subject: failure.reason, errno: failure.errno)
        default: throw SyscallError(call: "clone3", subject: "container process", errno: ECHILD)
        }
    }

    /// The process in between: joins, makes the sibling, tells its number, and ends.
    private func goThrough(_ socket: consuming PacketSocket) -> Never {
        do throws(SyscallError) {
            let kinds: [NamespaceSet] = [.user, .ipc, .uts, .network, .pid, .time]
            // All are opened first: what the paths lead to is the runtime's business.
            var files: [(NamespaceSet, String, Int32)] = []
            for kind in kinds {
                guard let namespace = plan.joined.first(where: { $0.kind == kind }) else { continue }
                files.append((kind, namespace.path, try Files.open(namespace.path, O_RDONLY).release()))
            }
            // Namespaces that belong to others than the user namespace can be joined only before it, its own only after it.
            var left: [(NamespaceSet, String, Int32)] = []
            for (kind, path, file) in files where kind != .user {
                let isJoined = (try? Namespaces.join(file, kind: kind.rawValue, named: path)) != nil
                if !isJoined { left.append((kind, path, file)) }
            }
            for (kind, path, file) in files where kind == .user {
                try Namespaces.join(file, kind: kind.rawValue, named: path)
                try? ProcessAttributes.setGroups([])
                try? ProcessAttributes.become(uid: 0, gid: 0)
            }
            for (kind, path, file) in left { try Namespaces.join(file, kind: kind.rawValue, named: path) }
            if plan.created.contains(.time) {
                try Namespaces.unshare(NamespaceSet.time.rawValue)
                try ClockOffsets.write(plan.clocks)
            }
            let flags = plan.created.subtracting([.cgroup, .time]).rawValue
            guard let pid = try Processes.cloneSibling(flags: flags) else { begin(socket) }
            try socket.send(ContainerMessage.sibling(pid).bytes)
            Processes.exit(0)
        } catch {
            try? socket.send(ContainerMessage.failed(ContainerFailure(.clone, error)).bytes)
            Processes.exit(1)
        }
    }

    private func begin(_ socket: consuming PacketSocket) -> Never {
        let keeper = keeper
        let setup = ContainerSetup(plan: plan, hands: hands) { status, pid in keeper.state(status, pid) }
        setup.run(socket)
    }

    private func birthplace() throws(SyscallError) -> Int32? {
        guard let steps = plan.cgroups?.steps else { return nil }
        return try CgroupActions.openBirthplace(steps)
    }
}

/// Goes into the namespaces that a container joins, so that its process is born there, and comes back.
struct NamespaceDetour: ~Copyable {
    private var own: [(kind: UInt64, file: Int32)] = []

    init(_ plan: ContainerPlan) throws(SyscallError) {
        do throws(SyscallError) {
            for namespace in plan.joined where namespace.kind != .mount && namespace.kind != .cgroup {
                try remember(namespace.kind)
                let file = try Files.open(namespace.path, O_RDONLY)
                try Namespaces.join(file.number, kind: namespace.kind.rawValue, named: namespace.path)
            }
            if plan.created.contains(.time) {
                try remember(.time)
                try Namespaces.unshare(NamespaceSet.time.rawValue)
                try ClockOffsets.write(plan.clocks)
            }
        } catch {
            let failure = error
            try? goBack()
            throw failure
        }
    }

    private mutating func remember(_ kind: NamespaceSet) throws(SyscallError) {
        let file = try Files.open("/proc/self/ns/\(kind.fileName)", O_RDONLY).release()
        own.append((kind.rawValue, file))
    }

    deinit {
        for (_, file) in own { _ = OwnedDescriptor(owning: file) }
    }

    func goBack() throws(SyscallError) {
        for (kind, file) in own.reversed() { try Namespaces.join(file, kind: kind, named: "own namespace") }
    }
}

extension NamespaceSet {
    /// The name below `/proc/PID/ns` of a single kind.
    public var fileName: String {
        switch self {
        case .mount: "mnt"
        case .cgroup: "cgroup"
        case .uts: "uts"
        case .ipc: "ipc"
        case .user: "user"
        case .pid: "pid"
        case .network: "net"
        default: "time"
        }
    }
}

/// Writes the offsets of a new time namespace before anybody is in it; time_namespaces(7).
enum ClockOffsets {
    static func write(_ offsets: [ClockOffset]) throws(SyscallError) {
        for offset in offsets {
            let line = "\(offset.clock) \(offset.seconds) \(offset.nanoseconds)\n"
            try Files.writeKernelFile("/proc/self/timens_offsets", line)
        }
    }
}

/// Writes the id maps of a new user namespace.
enum IdentityMaps {
    static func write(_ identity: ContainerIdentity, of pid: ProcessID) throws(SyscallError) {
        if identity.tools.count == 2 {
            try runTool(identity.tools[0], pid, identity.users)
            return try runTool(identity.tools[1], pid, identity.groups)
        }
        // Whoever may only map himself must give up setgroups first; user_namespaces(7).
        if identity.deniesGroups { try Files.writeKernelFile("/proc/\(pid)/setgroups", "deny") }
        try Files.writeKernelFile("/proc/\(pid)/uid_map", identity.users.map(\.line).joined(separator: "\n"))
        try Files.writeKernelFile("/proc/\(pid)/gid_map", identity.groups.map(\.line).joined(separator: "\n"))
    }

    private static func runTool(_ tool: String, _ pid: ProcessID, _ ranges: [IdentityRange]) throws(SyscallError) {
        let numbers = ranges.flatMap { ["\($0.inside)", "\($0.outside)", "\($0.count)"] }
        let child = try Processes.spawn(
            tool,
            [tool, "\(pid)"] + numbers,
            Environment.own,
            descriptors: [(0, 0), (2, 1), (2, 2)]
        )
        let status = try Processes.reap(child.pid)
        if status.exitCode != 0 {
            throw SyscallError(call: tool, subject: numbers.joined(separator: " "), errno: EPERM)
        }
    }
}
