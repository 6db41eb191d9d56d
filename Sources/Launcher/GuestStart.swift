import Glibc
import Launch
import LinuxKernel

/// Standard streams of the guest's program, as descriptors of this process.
struct GuestStreams {
    /// Descriptors for 0, 1 and 2; nil stands for `/dev/null`.
    let descriptors: [Int32?]
    /// Whether they are a terminal that becomes the controlling one.
    let isTerminal: Bool

    /// The jail's own terminal if there is one, else what the launcher prepared.
    init(_ terminal: Int32?, _ relays: StreamRelays) {
        if let terminal {
            descriptors = [terminal, terminal, terminal]
            isTerminal = true
        } else {
            descriptors = relays.guestSides
            isTerminal = false
        }
    }
}

/// The last steps before the guest's program: streams, privileges, filter, execve.
enum GuestStart {
    /// Becomes the guest's program.
    ///
    /// - Throws: ``StageFailure``; the process has then lost an unknown part of its privileges and must exit.
    static func run(
        _ privileges: Privileges,
        _ process: GuestProcess,
        _ streams: GuestStreams
    ) throws(StageFailure) -> Never {
        try during(.terminal) { () throws(SyscallError) in try connect(streams, isLeader: process.isInit) }
        try during(.privileges) { () throws(SyscallError) in try confine(privileges, process) }
        throw StageFailure(.execute, execute(process))
    }

    private static func connect(_ streams: GuestStreams, isLeader: Bool) throws(SyscallError) {
        // PID 1 leads its session already; a child starts one, so that signals to its terminal reach it alone.
        if !isLeader { try Processes.startSession() }
        if streams.isTerminal, let terminal = streams.descriptors[0] { try Terminals.makeControlling(terminal) }
        // Out of the way first: a source may be one of the targets.
        var raised: [Int32] = []
        for source in streams.descriptors {
            if let source {
                raised.append(try Descriptors.duplicate(source, from: 10))
            } else {
                let null = try NullDevice.open()
                raised.append(try Descriptors.duplicate(null.number, from: 10))
            }
        }
        for (target, source) in raised.enumerated() { try ProcessAttributes.place(source, at: Int32(target)) }
        try ProcessAttributes.closeDescriptors(from: 3, atExec: true)
    }

    private static func confine(_ privileges: Privileges, _ process: GuestProcess) throws(SyscallError) {
        try Events.resetSignals()
        for limit in privileges.limits {
            try ProcessAttributes.limit(limit.resource, soft: limit.soft, hard: limit.hard)
        }
        // The working directory is entered with the guest's root in place, and must lie inside it (CVE-2024-21626).
        try ProcessAttributes.changeDirectory(process.directory)
        guard try ProcessAttributes.currentDirectory().hasPrefix("/") else {
            throw SyscallError(call: "getcwd", subject: process.directory, errno: EXDEV)
        }
        // Without no_new_privs the kernel takes a filter only while CAP_SYS_ADMIN is still there.
        if !privileges.noNewPrivileges { try ProcessAttributes.loadFilter(privileges.filter) }
        let capabilities = privileges.capabilities
        try Capabilities.limitBoundingSet(to: capabilities.bounding)
        // Changing ids would drop the permitted set before it can be made exactly what the plan says.
        try ProcessAttributes.keepCapabilitiesAcrossSetuid()
        try ProcessAttributes.become(uid: privileges.uid, gid: privileges.gid, groups: privileges.groups)
        try Capabilities.set(
            effective: capabilities.effective,
            permitted: capabilities.permitted,
            inheritable: capabilities.inheritable
        )
        try Capabilities.setAmbient(capabilities.ambient)
        if privileges.noNewPrivileges {
            try ProcessAttributes.refuseNewPrivileges()
            // Last: from here on only what the guest may do can be done.
            try ProcessAttributes.loadFilter(privileges.filter)
        }
    }

    /// Tries the program as execvp(3) would: by its path, or in each directory of the guest's `PATH`.
    private static func execute(_ process: GuestProcess) -> SyscallError {
        guard let program = process.arguments.first, !program.isEmpty else {
            return SyscallError(call: "execve", subject: "an empty command", errno: ENOENT)
        }
        if program.contains("/") { return Processes.execute(program, process.arguments, process.environment) }
        var result = SyscallError(call: "execve", subject: program, errno: ENOENT)
        for directory in searchPath(process.environment) {
            let failure = Processes.execute(directory + "/" + program, process.arguments, process.environment)
            // A later directory may have it, but a file that is there and refused says more than one that is not.
            if failure.errno != ENOENT && failure.errno != ENOTDIR { result = failure }
        }
        return SyscallError(call: "execve", subject: program, errno: result.errno)
    }

    private static func searchPath(_ environment: [String]) -> [Substring] {
        let entry = environment.last { $0.hasPrefix("PATH=") } ?? "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
        return entry.dropFirst(5).split(separator: ":")
    }
}
