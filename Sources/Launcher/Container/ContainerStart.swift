import Glibc
import Launch
import LinuxKernel

/// The last steps of a container's process, its first or one that joined: streams, privileges, filter, program.
struct ContainerStart {
    let container: String
    let process: ContainerProcess
    /// The program waits on this pipe for its start; nil: it starts at once.
    var gate: Int32?
    var hooks: [ContainerHook] = []
    /// The state for those hooks.
    var state: [UInt8] = []

    /// Becomes the program.
    ///
    /// - Throws: ``ContainerFailure``; the process has then lost an unknown part of its privileges and must exit.
    consuming func run(_ line: consuming ContainerLine, terminal: Int32?) throws(ContainerFailure) -> Never {
        let own = process.filter.listener.isEmpty && process.privileges.noNewPrivileges
        try step(.terminal) { () throws(SyscallError) in try connect(terminal) }
        try step(.privileges) { () throws(SyscallError) in try setLabels() }
        try step(.privileges) { () throws(SyscallError) in try confine(line, filterLater: own) }
        let environment = try step(.privileges) { () throws(SyscallError) in completedEnvironment() }
        let program = try Executable.find(process.arguments, environment)
        try step(.wait) { () throws(SyscallError) in
            // Nobody waits for a created container: it must not die with the command that made it. Should that die before it
            // has kept its records, the line ends without a word, and so does this process.
            try Processes.outliveParent()
            try line.say(.ready)
            try line.awaitProceed()
        }
        if let gate {
            try step(.wait) { () throws(SyscallError) in try awaitStart(gate) }
        }
        if own {
            try step(.privileges) { () throws(SyscallError) in
                _ = try ProcessAttributes.loadFilter(process.filter.program, flags: process.filter.flags)
            }
        }
        try HookRunner.run("startContainer", hooks, state: state, environment: environment)
        if let umask = process.umask { ProcessAttributes.setCreationMask(umask) }
        throw Executable.execute(program, process.arguments, environment)
    }

    // MARK: streams

    private func connect(_ terminal: Int32?) throws(SyscallError) {
        if let terminal {
            try Terminals.makeControlling(terminal)
            for number: Int32 in 0...2 { try ProcessAttributes.place(terminal, at: number) }
        } else {
            for number: Int32 in 0...2 { try adoptStream(number) }
        }
        // What the caller had open is nobody's inside, except what he said.
        try ProcessAttributes.closeDescriptors(from: 3 + process.preservedDescriptors, atExec: true)
    }

    /// Gives a stream to the container's user, so that it can be opened again by its name; a host's null device becomes
    /// the container's.
    private func adoptStream(_ number: Int32) throws(SyscallError) {
        guard let status = try? Files.status("", at: number) else { return }
        let null = DeviceNumber.make(1, 3)
        if status.mode & S_IFMT == S_IFCHR, status.representedDevice == null {
            guard let own = try? Files.open("/dev/null", O_RDWR | O_NONBLOCK),
                let found = try? Files.status("", at: own.number), found.representedDevice == null
            else { return }
            return try ProcessAttributes.place(own.number, at: number)
        }
        let isTerminal = Terminals.isTerminal(number)
        guard process.privileges.uid != status.uid, !status.isDevice || isTerminal else { return }
        // The group of a terminal is that of its devpts. Files of read-only or foreign file systems stay whose they are.
        let group = isTerminal ? status.gid : process.privileges.gid
        try? Files.setOwner("", uid: process.privileges.uid, gid: group, at: number)
    }

    // MARK: privileges

    private func setLabels() throws(SyscallError) {
        if !process.appArmorLabel.isEmpty {
            try writeAttribute(["apparmor/exec", "exec"], "exec \(process.appArmorLabel)")
        }
        if !process.securityLabel.isEmpty { try writeAttribute(["exec"], process.securityLabel) }
    }

    private func writeAttribute(_ names: [String], _ value: String) throws(SyscallError) {
        for name in names {
            let path = "/proc/thread-self/attr/\(name)"
            guard Files.exists(path) else { continue }
            let file = try Files.open(path, O_WRONLY | O_NOFOLLOW)
            guard try Files.isProcess(file.number) else { continue }
            return try Files.write(file.number, Array(value.utf8), named: "\(value) to \(path)")
        }
        throw SyscallError(call: "open", subject: "/proc/thread-self/attr/\(names[0])", errno: ENOENT)
    }

    private func confine(_ line: borrowing ContainerLine, filterLater: Bool) throws(SyscallError) {
        try Events.resetSignals()
        let privileges = process.privileges
        if let persona = process.persona { try Scheduling.setPersonality(persona) }
        if let policy = process.memoryPolicy { try Scheduling.setMemoryPolicy(policy.mode, nodes: policy.nodes) }
        for limit in privileges.limits {
            try ProcessAttributes.setLimit(limit.resource, soft: limit.soft, hard: limit.hard)
        }
        if privileges.noNewPrivileges { try ProcessAttributes.refuseNewPrivileges() }
        // Without no_new_privs the kernel takes a filter only while CAP_SYS_ADMIN is still there; and an agent must be
        // told of while somebody listens.
        let early = try entersDirectory()
        if !filterLater { try loadFilter(line) }
        let capabilities = privileges.capabilities
        try Capabilities.limitBoundingSet(to: capabilities.bounding)
        // Changing ids would drop the permitted set before it can be made exactly what the plan says.
        try ProcessAttributes.keepCapabilitiesAcrossSetuid()
        try setIdentity()
        try Capabilities.set(
            effective: capabilities.effective,
            permitted: capabilities.permitted,
            inheritable: capabilities.inheritable
        )
        try Capabilities.setAmbient(capabilities.ambient)
        // A directory that is closed to the runtime may be open to the user.
        if !early {
            try ProcessAttributes.changeDirectory(process.directory)
            try checkDirectory()
        }
    }

    private func entersDirectory() throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            try ProcessAttributes.changeDirectory(process.directory)
        } catch  where error.errno == EACCES || error.errno == EPERM {
            return false
        }
        try checkDirectory()
        return true
    }

    /// The working directory must lie inside the container's root (CVE-2024-21626).
    private func checkDirectory() throws(SyscallError) {
        guard try ProcessAttributes.currentDirectory().hasPrefix("/") else {
            throw SyscallError(call: "getcwd", subject: process.directory, errno: EXDEV)
        }
    }

    private func setIdentity() throws(SyscallError) {
        let privileges = process.privileges
        do throws(SyscallError) {
            try ProcessAttributes.setGroups(privileges.groups)
        } catch  where error.errno == EPERM {
            // A user namespace without privilege denies setgroups: the groups are then what the caller's were.
            guard (try? Files.readText("/proc/self/setgroups")) == "deny" else { throw error }
        }
        try ProcessAttributes.become(uid: privileges.uid, gid: privileges.gid)
    }

    private func loadFilter(_ line: borrowing ContainerLine) throws(SyscallError) {
        let filter = process.filter
        guard !filter.listener.isEmpty else {
            _ = try ProcessAttributes.loadFilter(filter.program, flags: filter.flags)
            return
        }
        // No call of this process may stand between the filter and its agent, not even the one that would hand the
        // descriptor over: so the runtime is told the number first, and takes the descriptor by itself.
        let next = try Descriptors.duplicate(0, from: 3)
        _ = OwnedDescriptor(owning: next)
        try line.say(.listener(next))
        // It stays open until execve closes it: the runtime takes it whenever it gets to that.
        _ = try ProcessAttributes.loadFilter(filter.program, flags: filter.flags | 8)
    }

    // MARK: start

    private func awaitStart(_ gate: Int32) throws(SyscallError) {
        while true {
            _ = try Events.wait(for: [(gate, Int16(POLLIN))])
            do throws(SyscallError) {
                if try !Files.readSome(gate, named: "start", upTo: 1).isEmpty { return }
            } catch  where error.errno == EAGAIN {}
        }
    }

    private func completedEnvironment() -> [String] {
        var seen: Set<Substring> = []
        var entries: [String] = []
        // The last of several entries for one name counts.
        for entry in process.environment.reversed() {
            let name = entry.prefix { $0 != "=" }
            if seen.insert(name).inserted { entries.append(entry) }
        }
        entries.reverse()
        let home = entries.first { $0.hasPrefix("HOME=") }
        if home == nil || home == "HOME=" {
            entries.removeAll { $0 == "HOME=" }
            entries.append("HOME=\(Accounts.home(of: process.privileges.uid))")
        }
        return entries
    }
}
