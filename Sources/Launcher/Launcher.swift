import Glibc
import Launch
import LinuxKernel

/// Starts a jail from the plan behind a descriptor, stays until it ends, and removes what was made for it.
///
/// - Returns: The exit status that `bailey run` promises: the guest's, or 125 to 127.
public func runLauncher(planDescriptor: Int32, record: Int32, report: Report) -> Int32 {
    let plan: LaunchPlan
    do {
        let memory = OwnedDescriptor(owning: planDescriptor)
        plan = try PlanEnvelope.decode(SealedMemory.read(memory.number), as: LaunchPlan.self)
    } catch {
        report.failed("reading the launch plan: \(error): install bailey and bailey-init together")
        return 125
    }
    return runLauncher(plan, record: record, report: report)
}

/// As ``runLauncher(planDescriptor:record:report:)``, from a plan that this process has decided itself.
///
/// - Parameters:
///   - plan: What is carried out.
///   - record: The open record of the start, whose lock says that a launcher lives; see ``StartRecord``.
///   - report: Where a failure is said.
/// - Returns: The exit status that `bailey run` promises.
/// - Precondition: Single-threaded. No other descriptor of the caller's may be open, save 0, 1 and 2.
public func runLauncher(_ plan: LaunchPlan, record: Int32, report: Report) -> Int32 {
    let outcome = launch(plan, record, report)
    let leftovers = Undo.everything(of: plan, end: outcome.end)
    for leftover in leftovers { Report.say("bailey: cleaning up after \(plan.jail): \(leftover)", to: 2) }
    return outcome.shellCode
}

/// How a launch ended.
struct LaunchOutcome {
    /// What `bailey run` exits with.
    let shellCode: Int32
    /// How the guest ended, or that it never ran.
    let end: GuestEnd
}

private func launch(_ plan: LaunchPlan, _ record: Int32, _ report: Report) -> LaunchOutcome {
    do throws(StageFailure) {
        var streams = try during(.prepare) { () throws(SyscallError) in try StreamRelays(plan.streams) }
        let guest = try startJail(plan, record, &streams)
        report.started()
        let (status, wantsRestart) = LauncherLoop.run(plan.process, plan.streams, guest, &streams)
        return LaunchOutcome(shellCode: status.shellCode, end: .ended(status, wantsRestart: wantsRestart))
    } catch {
        report.failed(jail: plan.jail, error)
        return LaunchOutcome(shellCode: exitCode(of: error), end: .neverRan)
    }
}

/// 127 not found, 126 not executable, 125 anything that is Bailey's.
private func exitCode(of failure: StageFailure) -> Int32 {
    guard failure.stage == .execute else { return 125 }
    return failure.cause.errno == ENOENT ? 127 : 126
}

/// The jail's first process and the line to it.
struct RunningInit: ~Copyable {
    let process: ClonedProcess
    let socket: PacketSocket
    let signals: OwnedDescriptor
    let terminal: Int32?
}

/// The outside half of a start, in order.
///
/// `JailSetup` is the inside half and runs at the same time.
private func startJail(
    _ plan: LaunchPlan,
    _ record: Int32,
    _ streams: inout StreamRelays
) throws(StageFailure) -> RunningInit {
    // Nobody may read this process or its children through procfs while they still hold host privileges.
    try during(.prepare) { () throws(SyscallError) in try ProcessAttributes.setDumpable(false) }
    // A stop request that comes from now on is not lost: it waits in the descriptor.
    let signals = try during(.prepare) { () throws(SyscallError) in try Events.takeSignals() }
    // Raising a hard limit is for host root, which the jail's processes will not be; they inherit what stands here.
    try during(.prepare) { () throws(SyscallError) in try raiseLimits(plan) }
    // The clock offset must be set before the first child enters the time namespace.
    try during(.clone) { () throws(SyscallError) in try enterTimeNamespace(plan) }
    // With v2 the jail is born in its cgroup, so limits come first; with v1 it joins while it puts its root together.
    if plan.cgroups.bornInside {
        try during(.cgroups) { () throws(SyscallError) in try CgroupActions.make(plan.cgroups) }
        try during(.network) { () throws(SyscallError) in try ProgramActions.attach(plan.network) }
    }
    let child = try cloneJail(plan, &streams)
    do throws(StageFailure) {
        try during(.identity) { () throws(SyscallError) in try giveIdentity(plan, child.process.pid) }
        try during(.sources) { () throws(SyscallError) in try SourceMounts.send(plan, to: child) }
        if !plan.cgroups.bornInside {
            try during(.cgroups) { () throws(SyscallError) in try CgroupActions.make(plan.cgroups) }
            try during(.network) { () throws(SyscallError) in try ProgramActions.attach(plan.network) }
            try during(.attach) { () throws(SyscallError) in try CgroupActions.attach(child.process.pid, plan.cgroups) }
        }
        try during(.network) { () throws(SyscallError) in
            try NetworkActions.make(plan.network, for: child.process.pid)
        }
        try during(.prepare) { () throws(SyscallError) in try note(child.process.pid, in: record) }
        try during(.attach) { () throws(SyscallError) in try child.socket.send(Message.attached.bytes) }
        streams.closeGuestSides()
        let terminal = try awaitStart(child.socket)
        return RunningInit(process: child.process, socket: child.socket, signals: signals, terminal: terminal)
    } catch {
        // What failed outside may have its reason inside: a child that reported is believed first.
        let reason = reportedFailure(child.socket) ?? error
        try? Processes.signal(pidfd: child.process.pidfd.number, SIGKILL)
        _ = try? Processes.reap(child.process.pid)
        throw reason
    }
}

private func raiseLimits(_ plan: LaunchPlan) throws(SyscallError) {
    for limit in plan.privileges.limits {
        try ProcessAttributes.raiseHardLimit(limit.resource, to: limit.hard)
    }
}

private func enterTimeNamespace(_ plan: LaunchPlan) throws(SyscallError) {
    guard plan.namespaces.contains(.time) else { return }
    try Namespaces.unshare(NamespaceSet.time.rawValue)
    try Namespaces.startBootClockAtZero()
}

/// The jail's first process before it runs anything of the guest.
struct JailChild: ~Copyable {
    let process: ClonedProcess
    let socket: PacketSocket
}

private func cloneJail(_ plan: LaunchPlan, _ streams: inout StreamRelays) throws(StageFailure) -> JailChild {
    let stage = Stage.clone
    let ends = try during(stage) { () throws(SyscallError) in try PacketSocket.pair() }
    // The cgroup namespace comes later, when the jail is where it shall see its root; time has its own way in.
    let flags = plan.namespaces.subtracting([.cgroup, .time]).rawValue
    let cgroup = try during(.cgroups) { () throws(SyscallError) in try CgroupActions.openBirthplace(plan.cgroups) }
    defer { if let cgroup { _ = OwnedDescriptor(owning: cgroup) } }
    do throws(SyscallError) {
        guard let process = try Processes.clone(flags: flags, cgroup: cgroup) else {
            JailSetup.run(plan, ends.keepSecond(), streams)
        }
        return JailChild(process: process, socket: ends.keepFirst())
    } catch {
        throw StageFailure(stage, error)
    }
}

private func giveIdentity(_ plan: LaunchPlan, _ pid: ProcessID) throws(SyscallError) {
    try Namespaces.writeIdentityMaps(of: pid, hostBase: plan.identity.hostBase, count: plan.identity.count)
    guard let score = plan.privileges.oomScore else { return }
    try Files.writeKernelFile("/proc/\(pid)/oom_score_adj", "\(score)")
}

/// Notes pid and start time where later commands find them: together they cannot be mistaken for another process.
private func note(_ pid: ProcessID, in record: Int32) throws(SyscallError) {
    let process = StartRecord.Process(pid: pid, startTime: try Processes.startTime(of: pid))
    try Files.write(record, StartRecord.processBytes(process), at: StartRecord.processOffset, named: "record")
}

/// Reads messages until the guest's program runs.
///
/// The socket's end without one means that init has become the program.
func awaitStart(_ socket: borrowing PacketSocket) throws(StageFailure) -> Int32? {
    var terminal: Int32?
    while true {
        let packet = try during(.execute) { () throws(SyscallError) in try socket.receive(limit: Message.byteLimit) }
        if packet.bytes.isEmpty { return terminal }
        switch try? Message(packet: packet.bytes) {
        case .terminal: terminal = packet.descriptors.first
        case .started: return terminal
        case .failed(let failure): throw failure
        default: throw StageFailure(.execute, SyscallError(call: "recvmsg", subject: "init", errno: EPROTO))
        }
    }
}

private func reportedFailure(_ socket: borrowing PacketSocket) -> StageFailure? {
    guard let ready = try? Events.wait(for: [(socket.descriptor.number, Int16(POLLIN))], milliseconds: 0),
        ready[0] & Int16(POLLIN) != 0,
        let packet = try? socket.receive(limit: Message.byteLimit),
        case .failed(let failure) = try? Message(packet: packet.bytes)
    else { return nil }
    return failure
}
