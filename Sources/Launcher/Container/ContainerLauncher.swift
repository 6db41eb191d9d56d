import Glibc
import Launch
import LinuxKernel

/// What the runtime does at moments of a creation that only it can: keep records, and speak of the container.
public protocol ContainerKeeper: Sendable {
    /// The container's process exists: from now on it can be found and ended.
    func born(_ pid: ProcessID) throws(SyscallError)
    /// Everything stands but the program.
    func created(_ pid: ProcessID) throws(SyscallError)
    /// The state as JSON, for hooks.
    func state(_ status: String, _ pid: ProcessID) -> [UInt8]
    /// Hands a seccomp listener to the agent that the configuration names.
    func handOver(listener: Int32, of pid: ProcessID, _ filter: FilterLoad) throws(SyscallError)
}

/// A container whose first process waits for its start, or runs.
public struct LaunchedContainer: ~Copyable {
    /// The first process, a child of this one.
    public let process: ClonedProcess
    /// The master side of its terminal, if it came here.
    public let terminal: Int32?
    let line: ContainerLine

    /// Waits until the program runs in place of this one.
    ///
    /// - Throws: ``ContainerFailure`` when it does not come to that; the process has ended then.
    public func awaitProgram() throws(ContainerFailure) {
        guard let said = try step(.execute, { () throws(SyscallError) in try line.hear() }) else { return }
        if case .failed(let failure) = said.message { throw failure }
    }

    /// The same as what a loop serves.
    consuming func running(_ signals: consuming OwnedDescriptor) -> RunningInit {
        RunningInit(process: process, socket: line.socket, signals: signals, terminal: terminal)
    }
}

/// The outside half of a container's creation, in the runtime's own process.
public struct ContainerLauncher: ~Copyable {
    private let plan: ContainerPlan
    private let keeper: any ContainerKeeper
    private var hands: ContainerHands

    /// Prepares a launch.
    ///
    /// - Precondition: Single-threaded.
    public init(_ plan: ContainerPlan, hands: ContainerHands, keeper: any ContainerKeeper) {
        self.plan = plan
        self.keeper = keeper
        self.hands = hands
    }

    /// Makes the container; its process then waits at the gate, or executes the program if there is none.
    ///
    /// - Throws: ``ContainerFailure``; the process has been ended, while cgroups and records are the caller's to remove.
    public mutating func launch() throws(ContainerFailure) -> LaunchedContainer {
        // Nobody may read this process or its child through procfs while they hold the host's privileges. A user without any
        // has nothing to hide from himself, and could not write the maps of a child that the kernel hides.
        if plan.identity?.isOwn != true {
            try step(.prepare) { () throws(SyscallError) in try ProcessAttributes.setDumpable(false) }
        }
        try ContainerSources.open(plan, into: &hands)
        if let cgroups = plan.cgroups, cgroups.steps.bornInside {
            try step(.cgroups) { () throws(SyscallError) in try ContainerCgroupActions.make(cgroups) }
        }
        let child = try ContainerBirth(plan, hands, keeper).clone()
        do throws(ContainerFailure) {
            let terminal = try raise(child)
            return LaunchedContainer(process: child.process, terminal: terminal, line: child.line)
        } catch {
            // What failed outside may have its reason inside: a child that reported is believed first.
            let reason = reported(child.line) ?? error
            try? Processes.signal(pidfd: child.process.pidfd.number, SIGKILL)
            _ = try? Processes.reap(child.process.pid)
            throw reason
        }
    }

    private func raise(_ child: borrowing ContainerChild) throws(ContainerFailure) -> Int32? {
        let pid = child.process.pid
        try step(.prepare) { () throws(SyscallError) in try keeper.born(pid) }
        if let identity = plan.identity {
            try step(.identity) { () throws(SyscallError) in
                try IdentityMaps.write(identity, of: pid)
                try child.line.say(.proceed)
            }
        }
        // Before the cgroup: a deadline policy wants all processors, which the cgroup may take away.
        try step(.privileges) { () throws(SyscallError) in try schedule(pid) }
        if let cgroups = plan.cgroups {
            try step(.cgroups) { () throws(SyscallError) in
                if !cgroups.steps.bornInside { try ContainerCgroupActions.make(cgroups) }
                try ContainerCgroupActions.attach(pid, cgroups, isInside: child.isInCgroup)
            }
        }
        // What the runtime's caller was restricted to is not the container's: the cgroup says where it may run.
        try? Scheduling.setAffinity(pid, Affinity.all)
        try step(.privileges) { () throws(SyscallError) in try setOutside(pid) }
        try step(.identityInside) { () throws(SyscallError) in try moveInterfaces(pid) }
        return try converse(child)
    }

    private func schedule(_ pid: ProcessID) throws(SyscallError) {
        if let request = plan.process.scheduling {
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
        if let priority = plan.process.inputOutput {
            try Scheduling.setInputOutput(ofProcess: pid, class: priority.kind, level: priority.level)
        }
    }

    /// What the container's root may not set for itself.
    private func setOutside(_ pid: ProcessID) throws(SyscallError) {
        if let score = plan.process.privileges.oomScore {
            do throws(SyscallError) {
                try Files.writeKernelFile("/proc/\(pid)/oom_score_adj", "\(score)")
            } catch  where error.errno == EACCES && plan.identity?.isOwn == true {
                // A user may not make himself less likely to be chosen than he was.
            }
        }
        // Only hard limits, and only upwards: the process itself sets both when it needs no more descriptors.
        if plan.identity != nil {
            for limit in plan.process.privileges.limits {
                try? ProcessAttributes.setLimit(limit.resource, soft: limit.soft, hard: limit.hard, of: pid)
            }
        }
    }

    private func moveInterfaces(_ pid: ProcessID) throws(SyscallError) {
        guard !plan.interfaces.isEmpty else { return }
        let namespace = try Files.open("/proc/\(pid)/ns/net", O_RDONLY)
        for interface in plan.interfaces {
            try InterfaceMove.move(interface, to: namespace.number)
        }
    }

    /// Answers the process until it is ready.
    private func converse(_ child: borrowing ContainerChild) throws(ContainerFailure) -> Int32? {
        var terminal: Int32?
        while true {
            guard let said = try step(.wait, { () throws(SyscallError) in try child.line.hear() }) else {
                throw ContainerFailure(.wait, "the container's process ended before it was ready")
            }
            switch said.message {
            case .wantsCgroup: try step(.attach) { () throws(SyscallError) in try child.line.say(.proceed) }
            case .wantsHooks:
                try runHooks(child.process.pid)
                try step(.hooks) { () throws(SyscallError) in try child.line.say(.proceed) }
            case .terminal:
                terminal = said.descriptors.first
                // Where the caller's output is no terminal, nobody would take the carriage returns out again.
                if let terminal, !Terminals.isTerminal(1) { Terminals.keepLineEnds(terminal) }
            case .listener(let number): try takeListener(number, child)
            case .ready:
                try step(.wait) { () throws(SyscallError) in
                    try keeper.created(child.process.pid)
                    try child.line.say(.proceed)
                }
                return terminal
            case .failed(let failure): throw failure
            case .proceed, .sibling: throw ContainerFailure(.wait, "the container's process said something unexpected")
            }
        }
    }

    private func runHooks(_ pid: ProcessID) throws(ContainerFailure) {
        // The older of the two has always been told that the container is created.
        let created = keeper.state("created", pid)
        try HookRunner.run("prestart", plan.hooks.prestart, state: created, environment: Environment.own)
        let state = keeper.state("creating", pid)
        try HookRunner.run("createRuntime", plan.hooks.createRuntime, state: state, environment: Environment.own)
    }

    private func takeListener(_ number: Int32, _ child: borrowing ContainerChild) throws(ContainerFailure) {
        let listener = try step(.privileges) { () throws(SyscallError) in
            try ListenerTaking.take(number, of: child.process)
        }
        try step(.privileges) { () throws(SyscallError) in
            try keeper.handOver(listener: listener.number, of: child.process.pid, plan.process.filter)
        }
    }

    private func reported(_ line: borrowing ContainerLine) -> ContainerFailure? {
        // A process that dies has said its last word by now; one that hangs says none.
        while let ready = try? Events.wait(for: [(line.socket.descriptor.number, Int16(POLLIN))], milliseconds: 0),
            ready[0] & Int16(POLLIN) != 0, let said = try? line.hear()
        {
            if case .failed(let failure) = said.message { return failure }
        }
        return nil
    }
}

/// Takes a seccomp listener out of a process that cannot give it away by itself.
enum ListenerTaking {
    static func take(_ number: Int32, of process: borrowing ClonedProcess) throws(SyscallError) -> OwnedDescriptor {
        while true {
            do throws(SyscallError) {
                return try Processes.takeDescriptor(number, of: process.pidfd.number)
            } catch  where error.errno == EBADF {
                // Not there yet; if the process has ended instead, it never will be.
                if Processes.livingStartTime(of: process.pid) == nil { throw error }
                Events.sleep(milliseconds: 1)
            }
        }
    }
}

/// Moves an interface and keeps it up.
enum InterfaceMove {
    static func move(_ interface: MovedInterface, to namespace: Int32) throws(SyscallError) {
        try Namespaces.moveLink(interface.name, as: interface.renamed, to: namespace)
    }
}

/// Processor masks.
enum Affinity {
    /// Every processor that a kernel may have; it takes those that are there.
    static let all = [UInt8](repeating: 0xFF, count: 1024)
}
