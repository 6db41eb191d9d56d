import Glibc
import Launch
import LinuxKernel

/// Runs one more process in a running jail from the plan behind a descriptor.
///
/// - Returns: The process' exit status, or 125 to 127 as for a start.
public func runEntry(planDescriptor: Int32) -> Int32 {
    let report = Report(descriptor: -1)
    let plan: EnterPlan
    do {
        let memory = OwnedDescriptor(owning: planDescriptor)
        plan = try PlanEnvelope.decode(SealedMemory.read(memory.number), as: EnterPlan.self)
    } catch {
        report.failed("reading the plan to enter a jail: \(error): install bailey and bailey-init together")
        return 125
    }
    do throws(StageFailure) {
        return try enter(plan).shellCode
    } catch {
        let advice = Advice.text(for: error)
        report.failed("entering \(plan.jail): \(error.stage.attempt): \(error.cause)\(advice.map { ": " + $0 } ?? "")")
        guard error.stage == .execute else { return 125 }
        return error.cause.errno == ENOENT ? 127 : 126
    }
}

private func enter(_ plan: EnterPlan) throws(StageFailure) -> WaitStatus {
    // From the first moment inside, nobody there may read this process, which still is host root outside.
    try during(.prepare) { () throws(SyscallError) in try ProcessAttributes.setDumpable(false) }
    var streams = try during(.prepare) { () throws(SyscallError) in try StreamRelays(plan.streams) }
    let signals = try during(.prepare) { () throws(SyscallError) in try Events.takeSignals() }
    // Opened before the host's mounts are left; written when there is a process to put there.
    let groups = try during(.attach) { () throws(SyscallError) in try CgroupDoors(plan.cgroups) }
    try during(.enter) { () throws(SyscallError) in try joinNamespaces(plan) }
    let child = try cloneEntry(plan, streams)
    streams.closeGuestSides()
    do throws(StageFailure) {
        try during(.attach) { () throws(SyscallError) in try groups.admit(child.process.pid) }
        try during(.attach) { () throws(SyscallError) in try child.socket.send(Message.attached.bytes) }
        // The socket closes when the command is executed: that, or a failure, is all that comes.
        let terminal = try awaitStart(child.socket)
        let running = RunningInit(
            process: child.process,
            socket: child.socket,
            signals: signals,
            terminal: terminal
        )
        return LauncherLoop.run(plan.process, plan.streams, running, &streams).status
    } catch {
        try? Processes.signal(pidfd: child.process.pidfd.number, SIGKILL)
        _ = try? Processes.reap(child.process.pid)
        throw error
    }
}

/// Joins the jail of exactly the process the plan means: the pidfd is opened first and its start time compared after.
private func joinNamespaces(_ plan: EnterPlan) throws(SyscallError) {
    let pid = ProcessID(bitPattern: plan.initProcess)
    let target = try Processes.open(pid)
    guard try Processes.startTime(of: pid) == plan.initStartTime else {
        throw SyscallError(call: "pidfd_open", subject: "process \(pid)", errno: ESRCH)
    }
    try Namespaces.join(pidfd: target.number, plan.namespaces.rawValue)
}

/// The `cgroup.procs` files of the jail, open from outside.
private struct CgroupDoors: ~Copyable {
    private let files: [Int32]

    init(_ directories: [String]) throws(SyscallError) {
        var open: [Int32] = []
        do throws(SyscallError) {
            for path in directories { open.append(try Files.open(path + "/cgroup.procs", O_WRONLY).release()) }
        } catch {
            for file in open { _ = OwnedDescriptor(owning: file) }
            throw error
        }
        files = open
    }

    deinit {
        for file in files { _ = OwnedDescriptor(owning: file) }
    }

    func admit(_ pid: ProcessID) throws(SyscallError) {
        for file in files { try Files.write(file, Array("\(pid)".utf8), named: "cgroup.procs") }
    }
}

private func cloneEntry(_ plan: EnterPlan, _ streams: StreamRelays) throws(StageFailure) -> JailChild {
    let ends = try during(.clone) { () throws(SyscallError) in try PacketSocket.pair() }
    do throws(SyscallError) {
        guard let process = try Processes.clone(flags: 0) else { runInside(plan, ends.keepSecond(), streams) }
        return JailChild(process: process, socket: ends.keepFirst())
    } catch {
        throw StageFailure(.clone, error)
    }
}

/// The process in the jail, up to the command.
///
/// Never returns.
private func runInside(_ plan: EnterPlan, _ line: borrowing PacketSocket, _ streams: StreamRelays) -> Never {
    do throws(StageFailure) {
        try during(.attach) { () throws(SyscallError) in
            let packet = try line.receive(limit: Message.byteLimit)
            guard case .attached = try? Message(packet: packet.bytes) else {
                throw SyscallError(call: "recvmsg", subject: "caller", errno: EPIPE)
            }
        }
        try during(.privileges) { () throws(SyscallError) in
            try ProcessAttributes.become(uid: 0, gid: 0, groups: [])
            try ProcessAttributes.setDumpable(false)
            try ProcessAttributes.dieWithParent()
            if try line.isAbandoned() { throw SyscallError(call: "poll", subject: "caller", errno: EPIPE) }
            try ProcessAttributes.joinNewKeyring()
        }
        ProcessAttributes.setCreationMask(0o022)
        let terminal = try during(.terminal) { () throws(SyscallError) in try openTerminal(plan, line) }
        if !plan.namespaces.contains(.network) {
            try during(.network) { () throws(SyscallError) in try JailSetup.scopeSockets() }
        }
        try GuestStart.run(plan.privileges, plan.process, GuestStreams(terminal, streams))
    } catch {
        try? line.send(Message.failed(error).bytes)
        Processes.exit(125)
    }
}

/// A terminal from the jail's own devpts.
///
/// The guest may have put anything at the path, so what was opened is checked: the multiplexer is character device 5:2,
/// and opening it never waits.
private func openTerminal(_ plan: EnterPlan, _ socket: borrowing PacketSocket) throws(SyscallError) -> Int32? {
    guard plan.streams.terminal else { return nil }
    let path = "/dev/pts/ptmx"
    let master = try Files.open(path, O_RDWR | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
    let status = try Files.status("", at: master.number)
    guard status.mode & S_IFMT == S_IFCHR, status.representedDevice == DeviceNumber.make(5, 2) else {
        throw SyscallError(call: "open", subject: path, errno: ENODEV)
    }
    let peer = try Terminals.openPeer(of: master.number)
    try socket.send(Message.terminal.bytes, descriptors: [master.number])
    return peer.release()
}
