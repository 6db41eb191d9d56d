import Glibc
import Launch
import LinuxKernel
import Planning
import Profiles

/// What is to run in a running jail.
public struct EntryRequest: Sendable {
    /// Program and arguments.
    public var command: [String]
    /// Variables beside those of the jail, as `NAME=value`.
    public var environment: [String] = []
    /// Working directory inside; nil for the jail's.
    public var directory: String?
    /// Whom it runs as; nil for the jail's user.
    public var user: UserSpec?
    /// Give it a terminal.
    public var terminal = false
    /// Pass the caller's input on.
    public var interactive = false

    /// A request for `command`.
    public init(command: [String]) {
        self.command = command
    }
}

extension Engine {
    /// Becomes a process in a running jail, with the jail's own confinement.
    ///
    /// - Throws: ``EngineError``; returns never otherwise.
    public func enter(_ name: String, _ request: EntryRequest) throws(EngineError) -> Never {
        let memory = try entryPlan(name, request)
        try attempting("handing the plan over") { () throws(SyscallError) in try memory.keepAcrossExec() }
        let failure = Processes.execute(initProgram, ["bailey-init", "enter", "\(memory.number)"], [])
        throw .failed(attempt: "starting bailey-init", failure, advice: "install bailey and bailey-init together")
    }

    /// The sealed plan of one more process in a running jail.
    func entryPlan(_ name: String, _ request: EntryRequest) throws(EngineError) -> OwnedDescriptor {
        let record = try JailListing(self).running(name)
        guard let process = record.process else { throw .notRunning(name, state: record.state) }
        let request = record.isMachine ? request.throughMonitor(of: try machineProcess(name)) : request
        let plan = EnterPlan(
            jail: name,
            initProcess: UInt32(bitPattern: process.pid),
            initStartTime: process.startTime,
            namespaces: record.plan.namespaces,
            cgroups: Self.groups(of: record),
            privileges: try privileges(record, process, request),
            process: GuestProcess(
                isInit: false,
                arguments: request.command,
                environment: Self.environment(record.plan.process.environment, request),
                directory: request.directory ?? record.plan.process.directory,
                graceMilliseconds: 0,
                stopSignal: SIGTERM
            ),
            streams: Streams(
                terminal: request.terminal,
                input: request.interactive,
                log: "",
                logBytes: 0,
                logFiles: 0
            )
        )
        return try attempting("sealing the plan") { () throws(SyscallError) in
            try SealedMemory.make("bailey-plan", PlanEnvelope.encode(plan))
        }
    }

    /// The groups it was born in, and those that it has joined since.
    private static func groups(of record: JailRecord) -> [String] {
        let born = record.plan.cgroups.directories.map(\.path)
        return born + record.group.directories.map(\.path).filter { !born.contains($0) }
    }

    private func privileges(
        _ record: JailRecord,
        _ process: StartRecord.Process,
        _ request: EntryRequest
    ) throws(EngineError) -> Privileges {
        var privileges = record.plan.privileges
        guard let user = request.user else { return privileges }
        // The jail's own account files, looked at from outside and below its root.
        let accounts = RootfsAccounts(roots: ["/proc/\(process.pid)/root"])
        let resolved = try accounts.resolve(Setting(user, .flag("--user")))
        (privileges.uid, privileges.gid, privileges.groups) = (resolved.uid, resolved.gid, resolved.groups)
        let held = resolved.uid == 0 ? privileges.capabilities.bounding : 0
        (privileges.capabilities.effective, privileges.capabilities.permitted) = (held, held)
        return privileges
    }

    private static func environment(_ base: [String], _ request: EntryRequest) -> [String] {
        var entries = base
        if request.terminal, !entries.contains(where: { $0.hasPrefix("TERM=") }) { entries.append("TERM=xterm") }
        for entry in request.environment {
            let name = entry.prefix { $0 != "=" } + "="
            entries.removeAll { $0.hasPrefix(name) }
            entries.append(entry)
        }
        return entries
    }

    /// The shell that `enter` starts when it is given no command: bash if the jail has one.
    public func shell(of name: String) throws(EngineError) -> [String] {
        let record = try JailListing(self).running(name)
        // What a machine has is seen from inside only.
        if record.isMachine { return ["/bin/sh", "-l"] }
        guard let process = record.process,
            let root = try? Files.open("/proc/\(process.pid)/root", O_RDONLY | O_DIRECTORY),
            (try? BeneathRoot(root.number).open("/bin/bash", OpenFlag.pathOnly)) != nil
        else { return ["/bin/sh", "-l"] }
        return ["/bin/bash", "-l"]
    }
}
