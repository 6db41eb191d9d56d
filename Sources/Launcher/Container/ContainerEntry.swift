import Glibc
import Launch
import LinuxKernel

/// Runs one more process in a container.
public enum ContainerEntry {
    /// Makes the process, in the container's namespaces and cgroups, up to the moment before its program.
    ///
    /// - Parameters:
    ///   - plan: What to run.
    ///   - console: Where the terminal's master side goes; nil: into the result.
    ///   - keeper: Told of the process before its program runs, and of a seccomp listener.
    /// - Returns: The process, which executes its program now.
    /// - Throws: ``ContainerFailure``; the process has been ended.
    /// - Precondition: Single-threaded.
    public static func enter(
        _ plan: ContainerEntryPlan,
        console: Int32?,
        keeper: any ContainerKeeper
    ) throws(ContainerFailure) -> LaunchedContainer {
        // From the first moment inside, nobody there may read this process, which still is the host's outside.
        if Processes.effectiveUser == 0 {
            try step(.prepare) { () throws(SyscallError) in try ProcessAttributes.setDumpable(false) }
        }
        let doors = try step(.attach) { () throws(SyscallError) in try openDoors(plan) }
        let ends = try step(.clone) { () throws(SyscallError) in try PacketSocket.pair() }
        let between = try step(.clone) { () throws(SyscallError) in try Processes.clone(flags: 0) }
        guard let between else { goThrough(plan, doors, console, ends.keepSecond()) }
        let line = ContainerLine(ends.keepFirst())
        for door in doors { _ = OwnedDescriptor(owning: door) }
        let said = try step(.enter) { () throws(SyscallError) in try line.hear() }
        _ = try? Processes.reap(between.pid)
        guard case .sibling(let pid) = said?.message else {
            if case .failed(let failure) = said?.message { throw failure }
            throw ContainerFailure(.enter, "the container ended while it was entered")
        }
        let process = try step(.enter) { () throws(SyscallError) in try Processes.adopt(pid) }
        return try finish(plan, process, line, keeper)
    }

    private static func finish(
        _ plan: ContainerEntryPlan,
        _ process: consuming ClonedProcess,
        _ line: consuming ContainerLine,
        _ keeper: any ContainerKeeper
    ) throws(ContainerFailure) -> LaunchedContainer {
        do throws(ContainerFailure) {
            try step(.privileges) { () throws(SyscallError) in try setOutside(plan.process, process.pid) }
            try step(.enter) { () throws(SyscallError) in try line.say(.proceed) }
            let terminal = try converse(plan, process, line, keeper)
            return LaunchedContainer(process: process, terminal: terminal, line: line)
        } catch {
            try? Processes.signal(pidfd: process.pidfd.number, SIGKILL)
            _ = try? Processes.reap(process.pid)
            throw error
        }
    }

    private static func openDoors(_ plan: ContainerEntryPlan) throws(SyscallError) -> [Int32] {
        var doors: [Int32] = []
        for path in plan.cgroups { doors.append(try Files.open(path + "/cgroup.procs", O_WRONLY).release()) }
        return doors
    }

    private static func setOutside(_ process: ContainerProcess, _ pid: ProcessID) throws(SyscallError) {
        if let score = process.privileges.oomScore {
            try Files.writeKernelFile("/proc/\(pid)/oom_score_adj", "\(score)")
        }
        if let request = process.scheduling {
            try Scheduling.set(
                pid,
                policy: request.policy,
                flags: request.flags,
                nice: request.nice,
                priority: request.priority,
                runtime: request.runtime,
                deadline: request.deadline,
                period: request.period
            )
        }
        if let priority = process.inputOutput {
            try Scheduling.setInputOutput(ofProcess: pid, class: priority.kind, level: priority.level)
        }
        for limit in process.privileges.limits {
            try? ProcessAttributes.setLimit(limit.resource, soft: limit.soft, hard: limit.hard, of: pid)
        }
        if !process.affinity.isEmpty {
            try Scheduling.setAffinity(pid, process.affinity)
        } else if process.initialAffinity.isEmpty {
            try? Scheduling.setAffinity(pid, Affinity.all)
        }
    }

    private static func converse(
        _ plan: ContainerEntryPlan,
        _ process: borrowing ClonedProcess,
        _ line: borrowing ContainerLine,
        _ keeper: any ContainerKeeper
    ) throws(ContainerFailure) -> Int32? {
        var terminal: Int32?
        while true {
            guard let said = try step(.wait, { () throws(SyscallError) in try line.hear() }) else {
                throw ContainerFailure(.wait, "the process ended before it was ready")
            }
            switch said.message {
            case .terminal:
                terminal = said.descriptors.first
                // Where the caller's output is no terminal, nobody would take the carriage returns out again.
                if let terminal, !Terminals.isTerminal(1) { Terminals.keepLineEnds(terminal) }
            case .listener(let number):
                try step(.privileges) { () throws(SyscallError) in
                    let listener = try ListenerTaking.take(number, of: process)
                    try keeper.handOver(listener: listener.number, of: process.pid, plan.process.filter)
                }
            case .ready:
                try step(.wait) { () throws(SyscallError) in
                    try keeper.created(process.pid)
                    try line.say(.proceed)
                }
                return terminal
            case .failed(let failure): throw failure
            default: throw ContainerFailure(.wait, "the process said something unexpected")
            }
        }
    }

    // MARK: inside

    /// The process in between: joins cgroups and namespaces, makes the sibling in them, and ends.
    private static func goThrough(
        _ plan: ContainerEntryPlan,
        _ doors: [Int32],
        _ console: Int32?,
        _ socket: consuming PacketSocket
    ) -> Never {
        do throws(SyscallError) {
            try ProcessAttributes.dieWithParent()
            if !plan.process.initialAffinity.isEmpty { try Scheduling.setAffinity(0, plan.process.initialAffinity) }
            for door in doors { try Files.write(door, Array("0".utf8), named: "cgroup.procs") }
            try join(plan)
            guard let pid = try Processes.cloneSibling(flags: 0) else { runInside(plan, console, socket) }
            try socket.send(ContainerMessage.sibling(pid).bytes)
            Processes.exit(0)
        } catch {
            try? socket.send(ContainerMessage.failed(ContainerFailure(.enter, error)).bytes)
            Processes.exit(1)
        }
    }

    /// Joins the namespaces of exactly the process the plan means: the pidfd is opened first and its start time compared
    /// after; those that are the caller's own already are left out, since the kernel refuses to join them again.
    private static func join(_ plan: ContainerEntryPlan) throws(SyscallError) {
        let target = try Processes.open(plan.initProcess)
        var wanted: NamespaceSet = []
        for kind in [NamespaceSet.mount, .cgroup, .uts, .ipc, .user, .pid, .network, .time]
        where plan.namespaces.contains(kind) {
            let own = try? Files.readLink("/proc/self/ns/\(kind.fileName)")
            guard let theirs = try? Files.readLink("/proc/\(plan.initProcess)/ns/\(kind.fileName)") else { continue }
            if own != theirs { wanted.insert(kind) }
        }
        guard Processes.livingStartTime(of: plan.initProcess) == plan.initStartTime else {
            throw SyscallError(call: "pidfd_open", subject: "process \(plan.initProcess)", errno: ESRCH)
        }
        if !wanted.isEmpty { try Namespaces.join(pidfd: target.number, wanted.rawValue) }
    }

    private static func runInside(
        _ plan: ContainerEntryPlan,
        _ console: Int32?,
        _ socket: consuming PacketSocket
    ) -> Never {
        let line = ContainerLine(socket)
        let spare = try? line.socket.descriptor.duplicate().release()
        do throws(ContainerFailure) {
            try step(.prepare) { () throws(SyscallError) in
                let kept = [line.socket.descriptor.number, spare, console].compactMap { $0 }
                let first = 3 + plan.process.preservedDescriptors
                try ProcessAttributes.closeDescriptors(from: first, except: kept)
                try Processes.startSession()
                try line.awaitProceed()
                if plan.mapped {
                    try? ProcessAttributes.setGroups([])
                    try? ProcessAttributes.become(uid: 0, gid: 0)
                    if plan.hidden { try ProcessAttributes.setDumpable(false) }
                }
                try ProcessAttributes.dieWithParent()
                if try line.socket.isAbandoned() { throw SyscallError(call: "poll", subject: "runtime", errno: EPIPE) }
                if !plan.process.keyring.isEmpty {
                    try ProcessAttributes.joinNewKeyring(named: plan.process.keyring)
                }
            }
            let terminal = try openTerminal(plan, console, line)
            try ContainerStart(container: plan.container, process: plan.process).run(line, terminal: terminal)
        } catch {
            if let spare {
                try? PacketSocket(OwnedDescriptor(owning: spare)).send(ContainerMessage.failed(error).bytes)
            }
            Processes.exit(1)
        }
    }

    private static func openTerminal(
        _ plan: ContainerEntryPlan,
        _ console: Int32?,
        _ line: borrowing ContainerLine
    ) throws(ContainerFailure) -> Int32? {
        guard plan.process.terminal else { return nil }
        return try step(.terminal) { () throws(SyscallError) in
            let root = try Files.open("/", O_RDONLY | O_DIRECTORY)
            let paths = TargetPaths(root: root.number)
            return try ContainerTerminal.open(plan.process, paths, showsConsole: false) {
                (master) throws(SyscallError) in
                if let console {
                    try StreamSockets.send(Array("/dev/ptmx".utf8), descriptors: [master], to: console)
                } else {
                    try line.say(.terminal, descriptors: [master])
                }
            }
        }
    }
}
