import Glibc
import Launch
import LinuxKernel

/// The inside half of a start: the jail's first process, from clone3 to the guest's program.
///
/// Never returns.
///
/// It begins with all capabilities over its new namespaces and none outside, on the host's mounts, as host root by
/// id. Each line takes something away or puts something in place; the order is the argument for its safety.
enum JailSetup {
    /// Sets the jail up and becomes, or starts, the guest's program.
    static func run(_ plan: LaunchPlan, _ line: borrowing PacketSocket, _ streams: StreamRelays) -> Never {
        do throws(StageFailure) {
            // The caller's command line and environment are the host's matter: PID 1 would show them in its /proc.
            ProcessAttributes.forgetArguments(as: "bailey-init")
            // What needs no ids and no files goes first: the launcher writes the id maps meanwhile.
            try during(.root) { () throws(SyscallError) in try Mounts.makeAllPrivate() }
            try during(.identityInside) { () throws(SyscallError) in try separate(plan) }
            // The stage is looked up while this process still is host root by id: the path may lead through closed folders.
            let stage = try during(.root) { () throws(SyscallError) in
                try Files.open(plan.stage, O_RDONLY | O_DIRECTORY)
            }
            let mounts = try during(.sources) { () throws(SyscallError) in try HandedMounts.receive(plan, from: line) }
            // From here on files are made as the jail's root. This also clears the death signal, so that is set after it.
            try during(.privileges) { () throws(SyscallError) in
                try ProcessAttributes.become(uid: 0, gid: 0, groups: [])
                try ProcessAttributes.setDumpable(false)
                try ProcessAttributes.dieWithParent()
                // A launcher that died before that line sends no signal any more, and its pid is 0 in here either way.
                if try line.isAbandoned() { throw SyscallError(call: "poll", subject: "launcher", errno: EPIPE) }
                // Keys of the caller's session are not the guest's to use. Made as the jail's root, so that the new
                // keyring is not one of the host's root.
                try ProcessAttributes.joinNewKeyring()
            }
            let root = try RootAssembly.make(plan, mounts, stage: stage)
            for step in plan.steps { try root.carryOut(step) }
            let terminal = try during(.terminal) { () throws(SyscallError) in try openTerminal(plan, root, line) }
            try during(.pivot) { () throws(SyscallError) in try Mounts.pivot(to: root.number) }
            // No program of the guest may run before every limit stands: the launcher says when.
            try during(.attach) { () throws(SyscallError) in try awaitAttached(line) }
            if let interface = plan.network.inside {
                try during(.network) { () throws(SyscallError) in try NetworkInside.configure(interface) }
            }
            if plan.namespaces.contains(.cgroup) {
                try during(.attach) { () throws(SyscallError) in try Namespaces.unshare(NamespaceSet.cgroup.rawValue) }
            }
            if plan.network.scopesSockets {
                try during(.network) { () throws(SyscallError) in try scopeSockets() }
            }
            if plan.process.isInit {
                try GuestStart.run(plan.privileges, plan.process, GuestStreams(terminal, streams))
            }
            try InitProcess.run(plan, line, GuestStreams(terminal, streams))
        } catch {
            try? line.send(Message.failed(error).bytes)
            Processes.exit(125)
        }
    }

    private static func separate(_ plan: LaunchPlan) throws(SyscallError) {
        // Signals from the caller's terminal and its job control end here.
        try Processes.startSession()
        if plan.namespaces.contains(.uts), !plan.hostname.isEmpty { try Namespaces.setHostName(plan.hostname) }
        if plan.namespaces.contains(.network) { try Namespaces.bringUpLoopback() }
        ProcessAttributes.setCreationMask(0o022)
    }

    /// Older kernels cannot: docs/threat-model.md says what that leaves open.
    static func scopeSockets() throws(SyscallError) {
        guard Landlock.version >= Landlock.versionWithScopes else { return }
        try Landlock.scopeAbstractSockets()
    }

    private static func awaitAttached(_ socket: borrowing PacketSocket) throws(SyscallError) {
        let packet = try socket.receive(limit: Message.byteLimit)
        guard case .attached = try? Message(packet: packet.bytes) else {
            throw SyscallError(call: "recvmsg", subject: "launcher", errno: packet.bytes.isEmpty ? EPIPE : EPROTO)
        }
    }

    private static func openTerminal(
        _ plan: LaunchPlan,
        _ root: borrowing RootAssembly,
        _ socket: borrowing PacketSocket
    ) throws(SyscallError) -> Int32? {
        guard plan.streams.terminal else { return nil }
        // The devpts was mounted by us a moment ago and nothing else runs in the jail: no link can stand here.
        let master = try root.beneath.open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK, linkFree: true)
        let peer = try Terminals.openPeer(of: master.number)
        if plan.process.isInit {
            // init programs open /dev/console. The mount is made from the open terminal, not from its path.
            let console = try root.beneath.openTarget("/dev/console", directory: false, linkFree: true)
            let copy = try Mounts.clone("", at: peer.number)
            try Mounts.attach(copy.number, to: console.number, named: "/dev/console")
        }
        try socket.send(Message.terminal.bytes, descriptors: [master.number])
        return peer.release()
    }
}
