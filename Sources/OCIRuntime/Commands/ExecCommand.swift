import Glibc
import JSONText
import Launch
import Launcher
import LinuxKernel

/// `exec`: one more process in a container.
struct ExecCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    private static let options: [OptionSpec] = [
        .value("process", "p"), .value("cwd"), .value("env", "e"), .value("user", "u"),
        .value("additional-gids", "g"), .value("cap", "c"), .value("console-socket"), .value("pid-file"),
        .value("preserve-fds"), .value("apparmor"), .value("process-label"), .value("cgroup"),
        .value("pidfd-socket"), .flag("tty", "t"), .flag("detach", "d"), .flag("no-new-privs"),
        .flag("ignore-paused"), .flag("no-subreaper"),
    ]

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, Self.options, stopsAt: 1, command: "exec")
        let id = try arguments.identifier("exec", more: true)
        do throws(RuntimeError) {
            return try run(arguments, id)
        } catch {
            // What runc's callers expect where the program did not even start.
            throw RuntimeError(error.description, status: 255)
        }
    }

    private func run(_ arguments: Arguments, _ id: String) throws(RuntimeError) -> Int32 {
        let container = try runtime.store.load(id)
        try check(container, arguments)
        let configuration = try container.configuration()
        let process = try ExecProcess(configuration, arguments, container).process(command(arguments))
        let detaches = arguments.has("detach")
        let console = arguments.value("console-socket")
        if process.terminal, detaches, console == nil {
            throw RuntimeError("exec: cannot allocate a terminal if it will detach without --console-socket")
        }
        let plan = ContainerEntryPlan(
            container: id,
            initProcess: container.record.pid,
            initStartTime: container.record.startTime,
            namespaces: .all,
            cgroups: try ExecCgroups(container, arguments).directories(),
            mapped: configuration.linux.namespaces.contains { $0.kind == .user },
            hidden: Processes.effectiveUser == 0,
            process: process
        )
        let keeper = ExecKeeper(
            record: container.record,
            pidFile: try arguments.value("pid-file").map { (path) throws(RuntimeError) in try Paths.absolute(path) },
            pidfdSocket: arguments.value("pidfd-socket")
        )
        let signals = detaches ? nil : try attempting("exec") { () throws(SyscallError) in try Events.takeSignals() }
        do throws(ContainerFailure) {
            let socket = try connect(console, process)
            let launched = try ContainerEntry.enter(plan, console: socket, keeper: keeper)
            if let socket { _ = OwnedDescriptor(owning: socket) }
            try launched.awaitProgram()
            guard let signals else { return 0 }
            return try ContainerService.serve(launched, signals: signals).shellCode
        } catch {
            throw RuntimeError("exec failed: \(error.reason)")
        }
    }

    private func connect(_ console: String?, _ process: ContainerProcess) throws(ContainerFailure) -> Int32? {
        guard let console, process.terminal else { return nil }
        do throws(SyscallError) {
            let socket = try StreamSockets.connect(console)
            return try Descriptors.duplicate(socket.number, from: 3 + process.preservedDescriptors)
        } catch {
            throw ContainerFailure(.terminal, error)
        }
    }

    private func check(_ container: Container, _ arguments: Arguments) throws(RuntimeError) {
        let id = container.record.id
        switch container.status {
        case .running, .created: return
        case .paused where arguments.has("ignore-paused"): return
        case .paused: throw RuntimeError("exec in container \(id): cannot exec in a paused container: resume it first")
        case .stopped: throw RuntimeError("exec in container \(id): cannot exec in a stopped container")
        case .creating: throw RuntimeError("exec in container \(id): it is still being created")
        }
    }

    private func command(_ arguments: Arguments) -> [String] {
        let words = Array(arguments.positional.dropFirst()) + arguments.rest
        return words.first == "--" ? Array(words.dropFirst()) : words
    }
}

/// The process that `exec` was asked for: a file's, or the container's own with changes.
struct ExecProcess {
    private let configuration: Configuration
    private let arguments: Arguments
    private let container: Container

    init(_ configuration: Configuration, _ arguments: Arguments, _ container: Container) {
        self.configuration = configuration
        self.arguments = arguments
        self.container = container
    }

    func process(_ command: [String]) throws(RuntimeError) -> ContainerProcess {
        var section = try section(command)
        if section.arguments.isEmpty { throw RuntimeError("exec: a command is missing: args must not be empty") }
        try change(&section)
        let filter = try attempting("exec") { () throws(JSONError) in
            try SeccompPlanner.filter(configuration.linux.seccomp)
        }
        let planner = ProcessPlanner(configuration)
        let own = section
        var process = try attempting("exec") { () throws(JSONError) in try planner.process(own, filter: filter) }
        // A container's process may be stopped by resources, but its own words about processors are for `exec` alone.
        process.preservedDescriptors = try arguments.number("preserve-fds", "exec") ?? 0
        process.keyring = ""
        return process
    }

    private func section(_ command: [String]) throws(RuntimeError) -> ProcessSection {
        if let path = arguments.value("process") {
            let bytes = try attempting("open the process object") { () throws(SyscallError) in
                try Files.readBytes(path, limit: JSONDocument.byteLimit + 1)
            }
            var section = try attempting("load `\(path)`") { () throws(JSONError) in
                try ProcessSection(JSONDocument(bytes).root)
            }
            if section.capabilities == nil { section.capabilities = configuration.process?.capabilities }
            return section
        }
        guard var section = configuration.process else {
            throw RuntimeError("exec: the container's configuration has no process: give one with --process")
        }
        section.arguments = command
        section.terminal = false
        (section.rows, section.columns) = (0, 0)
        section.oomScore = nil
        return section
    }

    private func change(_ section: inout ProcessSection) throws(RuntimeError) {
        if let directory = arguments.value("cwd") {
            guard directory.hasPrefix("/") else { throw RuntimeError("exec: --cwd must be an absolute path") }
            section.directory = directory
        }
        section.environment += arguments.all("env")
        if arguments.has("tty") { section.terminal = true }
        if arguments.has("no-new-privs") { section.noNewPrivileges = true }
        if let profile = arguments.value("apparmor") { section.appArmorProfile = profile }
        if let label = arguments.value("process-label") { section.selinuxLabel = label }
        if let user = arguments.value("user") { try become(user, &section) }
        for text in arguments.all("additional-gids").flatMap({ $0.split(separator: ",") }) {
            guard let gid = UInt32(text) else {
                throw RuntimeError("exec: --additional-gids \(text): this is no number")
            }
            section.additionalGids.append(gid)
        }
        try addCapabilities(&section)
    }

    private func become(_ user: String, _ section: inout ProcessSection) throws(RuntimeError) {
        let parts = user.split(separator: ":", omittingEmptySubsequences: false)
        guard let uid = parts.first.flatMap({ UInt32($0) }), parts.count <= 2 else {
            throw RuntimeError("exec: --user \(user): write it as UID or UID:GID")
        }
        section.uid = uid
        guard parts.count == 2 else { return }
        guard let gid = UInt32(parts[1]) else { throw RuntimeError("exec: --user \(user): write it as UID or UID:GID") }
        section.gid = gid
    }

    private func addCapabilities(_ section: inout ProcessSection) throws(RuntimeError) {
        let names = arguments.all("cap").flatMap { $0.split(separator: ",").map(String.init) }
        if names.isEmpty { return }
        let none = CapabilitySets(bounding: 0, effective: 0, permitted: 0, inheritable: 0, ambient: 0)
        var sets = section.capabilities?.sets ?? none
        for name in names {
            // As in a configuration: what this host does not know cannot be given, and is no reason to fail.
            guard let number = Capabilities.number(name), number < 64 else { continue }
            let bit: UInt64 = 1 << UInt64(number)
            sets.bounding |= bit
            sets.effective |= bit
            sets.permitted |= bit
            // Where the container's processes keep capabilities across users, this one is kept too.
            if sets.inheritable != 0 { sets.inheritable |= bit }
            if sets.ambient != 0 { sets.ambient |= bit }
        }
        section.capabilities = CapabilitySection(sets: sets)
    }
}

extension CapabilitySection {
    init(sets: CapabilitySets) {
        self.sets = sets
        unknown = []
    }
}

/// The groups that a process of `exec` joins.
struct ExecCgroups {
    private let container: Container
    private let wanted: [String]

    init(_ container: Container, _ arguments: Arguments) {
        self.container = container
        wanted = arguments.all("cgroup")
    }

    func directories() throws(RuntimeError) -> [String] {
        var paths = container.record.cgroups.filter { Files.exists($0.path) }
        if wanted.isEmpty { return follow(paths).map(\.path) }
        for text in wanted {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let names = parts.count == 2 ? parts[0].split(separator: ",").map(String.init) : []
            let sub = try below(String(parts[parts.count - 1]))
            for name in names where !paths.contains(where: { $0.controllers.contains(name) }) {
                throw RuntimeError("exec: --cgroup \(text): unknown controller \(name)")
            }
            for index in paths.indices {
                let place = paths[index]
                let applies = names.isEmpty ? true : names.contains { place.controllers.contains($0) }
                if applies { paths[index].path += sub }
            }
        }
        for place in paths where !Files.exists(place.path) {
            throw RuntimeError("exec: adding pid to cgroup \(place.path): no such file or directory")
        }
        return paths.map(\.path)
    }

    private func below(_ text: String) throws(RuntimeError) -> String {
        let parts = text.split(separator: "/")
        guard !parts.contains("..") else { throw RuntimeError("exec: bad sub cgroup path \(text)") }
        return parts.map { "/" + $0 }.joined()
    }

    /// With v2, a container's init may have moved itself deeper so that it could hand controllers on: then the group that
    /// was made for it takes no process any more, and a new one goes where init is.
    private func follow(_ places: [ContainerRecord.CgroupPlace]) -> [ContainerRecord.CgroupPlace] {
        places.map { place in
            guard place.controllers.isEmpty, (try? Files.readText(place.path + "/cgroup.subtree_control")) != "",
                let own = try? Files.readText("/proc/\(container.record.pid)/cgroup"),
                let line = own.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }),
                let unified = CgroupHost.detect().unified
            else { return place }
            let current = unified + line.dropFirst(3)
            return current.hasPrefix(place.path) ? .init(path: current, controllers: []) : place
        }
    }
}

/// Keeps nothing but the pid file of a process that `exec` made.
struct ExecKeeper: ContainerKeeper {
    let record: ContainerRecord
    let pidFile: String?
    let pidfdSocket: String?

    func born(_ pid: ProcessID) throws(SyscallError) {}

    func created(_ pid: ProcessID) throws(SyscallError) {
        if let pidFile { try Files.replace(pidFile, with: Array("\(pid)".utf8), mode: 0o644) }
        if let pidfdSocket { try PidfdSocket.send(pid, to: pidfdSocket) }
    }

    func state(_ status: String, _ pid: ProcessID) -> [UInt8] {
        Array(record.state(status, pid: record.pid).text().utf8)
    }

    func handOver(listener: Int32, of pid: ProcessID, _ filter: FilterLoad) throws(SyscallError) {
        try SeccompAgent.send(listener, pid: pid, record, filter)
    }
}
