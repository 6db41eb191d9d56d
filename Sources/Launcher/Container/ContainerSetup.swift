import Glibc
import Launch
import LinuxKernel

/// The inside half of a container's creation: its first process, from clone3 to the program.
///
/// The order is the argument for its safety, as in `JailSetup`; what differs is what OCI configurations may ask for.
struct ContainerSetup {
    let plan: ContainerPlan
    let hands: ContainerHands
    /// The state that hooks inside find on their input.
    let state: @Sendable (String, ProcessID) -> [UInt8]

    /// Never returns.
    func run(_ socket: consuming PacketSocket) -> Never {
        let line = ContainerLine(socket)
        // A second descriptor of the line, because the last part takes the first one with it.
        let spare = try? line.socket.descriptor.duplicate().release()
        do throws(ContainerFailure) {
            try setUp(line, spare.map { [$0] } ?? [])
        } catch {
            if let spare {
                try? PacketSocket(OwnedDescriptor(owning: spare)).send(ContainerMessage.failed(error).bytes)
            }
            // `start` reads it when the runtime that created the container is long gone.
            try? Files.write(hands.gate, Array(error.reason.utf8.prefix(2048)), named: "start failure")
            Processes.exit(1)
        }
    }

    private func setUp(_ line: consuming ContainerLine, _ spare: [Int32]) throws(ContainerFailure) -> Never {
        try step(.prepare) { () throws(SyscallError) in
            // What the runtime and its caller have open is not this process'; the runtime's lock would stay locked by it.
            let kept = hands.all + [line.socket.descriptor.number] + spare
            let first = 3 + plan.process.preservedDescriptors
            try ProcessAttributes.closeDescriptors(from: first, except: kept)
            // Signals from the caller's terminal and its job control end here.
            try Processes.startSession()
        }
        try becomeRoot(line)
        try step(.clone) { () throws(SyscallError) in try joinLast() }
        try step(.identityInside) { () throws(SyscallError) in try separate() }
        let null = plan.masked.isEmpty ? nil : ContainerPaths.takeNull()
        var enteredCgroup = false
        var files = try ContainerFilesystem(plan, hands)
        try files.mountAll { () throws(ContainerFailure) in try enterCgroup(line, &enteredCgroup) }
        if makesDevices { try ContainerDevices(files.paths).make(plan) }
        try step(.mounts) { () throws(SyscallError) in try makeDirectory(files.paths) }
        let terminal = try openTerminal(files.paths, line)
        if !plan.hooks.prestart.isEmpty || !plan.hooks.createRuntime.isEmpty {
            try step(.hooks) { () throws(SyscallError) in
                try line.say(.wantsHooks)
                try line.awaitProceed()
            }
        }
        try HookRunner.run(
            "createContainer",
            plan.hooks.createContainer,
            state: state("creating", Processes.current),
            environment: Environment.own
        )
        try files.seal()
        try files.becomeRoot()
        // No program of the container may run before every limit stands.
        try enterCgroup(line, &enteredCgroup)
        try ContainerPaths.apply(plan, null: null)
        var start = ContainerStart(container: plan.container, process: plan.process)
        start.gate = hands.waits ? hands.gate : nil
        start.hooks = plan.hooks.startContainer
        start.state = start.hooks.isEmpty ? [] : state("created", Processes.current)
        try start.run(line, terminal: terminal)
    }

    /// In a new user namespace: waits for its maps, then takes its root's ids.
    private func becomeRoot(_ line: borrowing ContainerLine) throws(ContainerFailure) {
        if let identity = plan.identity {
            try step(.identity) { () throws(SyscallError) in
                try line.awaitProceed()
                if !identity.deniesGroups { try ProcessAttributes.setGroups([]) }
                let hasRoot = identity.users.contains { $0.inside == 0 } && identity.groups.contains { $0.inside == 0 }
                if hasRoot { try ProcessAttributes.become(uid: 0, gid: 0) }
                if !identity.isOwn { try ProcessAttributes.setDumpable(false) }
            }
        }
        try step(.prepare) { () throws(SyscallError) in
            // After the change of ids, which clears it. The runtime may be gone before it.
            try ProcessAttributes.dieWithParent()
            if try line.socket.isAbandoned() { throw SyscallError(call: "poll", subject: "runtime", errno: EPIPE) }
        }
    }

    /// The cgroup namespace is a view, and with the mount namespace the runtime's paths are gone: so these two, in this order.
    private func joinLast() throws(SyscallError) {
        for kind in [NamespaceSet.cgroup, .mount] {
            for namespace in plan.joined where namespace.kind == kind {
                let file = try Files.open(namespace.path, O_RDONLY)
                try Namespaces.join(file.number, kind: kind.rawValue, named: namespace.path)
            }
        }
    }

    private func separate() throws(SyscallError) {
        if !plan.hostname.isEmpty { try Namespaces.setHostName(plan.hostname) }
        if !plan.domainname.isEmpty { try Namespaces.setDomainName(plan.domainname) }
        if plan.created.contains(.network) { try Namespaces.bringUpLoopback() }
        if !plan.process.keyring.isEmpty { try ProcessAttributes.joinNewKeyring(named: plan.process.keyring) }
        ProcessAttributes.setCreationMask(0)
    }

    /// A bind of the host's /dev brings its nodes along.
    private var makesDevices: Bool {
        !plan.mounts.contains { mount in
            guard case .bind = mount.kind else { return false }
            return mount.target == "/dev"
        }
    }

    private func makeDirectory(_ paths: TargetPaths) throws(SyscallError) {
        do throws(SyscallError) {
            ProcessAttributes.setCreationMask(0o022)
            try paths.makeDirectory(plan.process.directory)
        } catch  where error.errno == EROFS || error.errno == EEXIST || error.errno == EACCES || error.errno == ENOTDIR
        {
            // It fails where it is entered, with a message that says so.
        }
    }

    private func openTerminal(
        _ paths: TargetPaths,
        _ line: borrowing ContainerLine
    ) throws(ContainerFailure) -> Int32? {
        guard plan.process.terminal else { return nil }
        return try step(.terminal) { () throws(SyscallError) in
            try ContainerTerminal.open(plan.process, paths, showsConsole: true) { (master) throws(SyscallError) in
                if let console = hands.console {
                    try StreamSockets.send(Array("/dev/ptmx".utf8), descriptors: [master], to: console)
                } else {
                    try line.say(.terminal, descriptors: [master])
                }
            }
        }
    }

    /// Waits until the process is in its cgroups; only then does a cgroup namespace have the right root.
    private func enterCgroup(_ line: borrowing ContainerLine, _ done: inout Bool) throws(ContainerFailure) {
        if done { return }
        done = true
        try step(.attach) { () throws(SyscallError) in
            try line.say(.wantsCgroup)
            try line.awaitProceed()
            if plan.created.contains(.cgroup) { try Namespaces.unshare(NamespaceSet.cgroup.rawValue) }
        }
    }
}

/// The environment of this very program.
public enum Environment {
    /// `NAME=value` entries.
    public static var own: [String] {
        guard let bytes = try? Files.readBytes("/proc/self/environ") else { return [] }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
