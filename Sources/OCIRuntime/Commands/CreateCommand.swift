import Glibc
import JSONText
import Launch
import Launcher
import LinuxKernel

/// `create`, and the half of `run` that is the same.
struct CreateCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    static let options: [OptionSpec] = [
        .value("bundle", "b"), .value("config", "f"), .value("console-socket"), .value("pidfd-socket"),
        .value("pid-file"), .value("preserve-fds"), .flag("no-pivot"), .flag("no-new-keyring"),
        .flag("no-subreaper"),
    ]

    func create(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, Self.options, command: "create")
        let id = try arguments.identifier("create")
        let creation = try Creation(runtime, arguments, id, command: "create")
        if creation.configuration.process?.terminal == true, arguments.value("console-socket") == nil {
            throw RuntimeError("create: cannot allocate a terminal without --console-socket")
        }
        let made = try creation.carryOut(waits: true)
        _ = made
        return 0
    }
}

/// A container in the making, from the command's words to a process that waits or runs.
struct Creation {
    let runtime: Runtime
    let id: String
    let configuration: Configuration
    let text: [UInt8]
    let options: CreationOptions
    private let console: String?
    private let pidFile: String?
    private let pidfdSocket: String?

    init(_ runtime: Runtime, _ arguments: Arguments, _ id: String, command: String) throws(RuntimeError) {
        self.runtime = runtime
        self.id = id
        try StateStore.check(id)
        let bundle = try Paths.directory(arguments.value("bundle") ?? ".", "bundle")
        let config = arguments.value("config") ?? "config.json"
        let path = config.hasPrefix("/") ? config : bundle + "/" + config
        let text = try attempting("open the configuration") { () throws(SyscallError) in
            try Files.readBytes(path, limit: JSONDocument.byteLimit + 1)
        }
        self.text = text
        configuration = try attempting("load `\(path)`") { () throws(JSONError) in
            try Configuration(JSONDocument(text).root)
        }
        var options = CreationOptions(container: id, bundle: bundle)
        options.systemdCgroup = runtime.usesSystemd
        options.withoutCgroups = runtime.withoutCgroups
        options.withoutPivot = arguments.has("no-pivot")
        options.withoutKeyring = arguments.has("no-new-keyring")
        options.preservedDescriptors = try arguments.number("preserve-fds", command) ?? 0
        self.options = options
        console = arguments.value("console-socket")
        pidFile = try arguments.value("pid-file").map { (path) throws(RuntimeError) in try Paths.absolute(path) }
        pidfdSocket = arguments.value("pidfd-socket")
    }

    /// Makes the container.
    ///
    /// - Parameter waits: Its process waits for `start`; otherwise it executes the program at once.
    /// - Returns: The container and its process.
    /// - Throws: ``RuntimeError``; nothing of the container is left.
    func carryOut(waits: Bool) throws(RuntimeError) -> MadeContainer {
        if let console, configuration.process?.terminal != true {
            throw RuntimeError("--console-socket \(console): cannot use console socket without terminal")
        }
        let host = CgroupHost.detect()
        let plan = try attempting("create container \(id)") { () throws(JSONError) in
            try ContainerPlanner(configuration: configuration, options: options, host: host).plan()
        }
        if let process = configuration.process {
            for warning in ProcessPlanner(configuration).warnings(process) { runtime.log.warning(warning) }
        }
        try CgroupFitness.check(plan)
        let directory = try runtime.store.claim(id)
        do throws(RuntimeError) {
            return try launch(plan, host, directory, waits: waits)
        } catch {
            undo()
            throw error
        }
    }

    private func launch(
        _ plan: ContainerPlan,
        _ host: CgroupHost,
        _ directory: borrowing ContainerDirectory,
        waits: Bool
    ) throws(RuntimeError) -> MadeContainer {
        let record = record(plan, host)
        // Before anything on its list is made: what a killed creation leaves can be found and removed.
        let hands = try attempting("create container \(id)") { () throws(SyscallError) in
            try Files.replace(directory.path + "/config.json", with: text)
            try runtime.store.save(record)
            return try openHands(directory.path, waits: waits)
        }
        try attempting("enter the bundle") { () throws(SyscallError) in
            try ProcessAttributes.changeDirectory(options.bundle)
        }
        let keeper = Keeper(
            store: runtime.store,
            record: record,
            pidFile: pidFile,
            pidfdSocket: pidfdSocket,
            resourceControl: configuration.linux.resourceControl,
            hasHooks: configuration.hooks.hooks != ContainerHooks()
        )
        var launcher = ContainerLauncher(plan, hands: hands, keeper: keeper)
        do throws(ContainerFailure) {
            let launched = try launcher.launch()
            // The container's process holds the lock alone from now on.
            _ = OwnedDescriptor(owning: hands.gate)
            return MadeContainer(launched: launched, record: record)
        } catch {
            throw RuntimeError(error.reason)
        }
    }

    private func openHands(_ path: String, waits: Bool) throws(SyscallError) -> ContainerHands {
        let pipe = path + "/" + StateStore.gate
        try Files.makePipe(pipe, mode: 0o600)
        let gate = try Files.open(pipe, O_RDWR | O_NONBLOCK)
        _ = try FileLock.take(gate.number, named: pipe, wait: true)
        var hands = ContainerHands(gate: try raise(gate), waits: waits)
        if let console {
            hands.console = try raise(try StreamSockets.connect(console))
        }
        return hands
    }

    /// Out of the way of the descriptors that the container shall inherit.
    private func raise(_ descriptor: consuming OwnedDescriptor) throws(SyscallError) -> Int32 {
        try Descriptors.duplicate(descriptor.number, from: 3 + options.preservedDescriptors)
    }

    private func record(_ plan: ContainerPlan, _ host: CgroupHost) -> ContainerRecord {
        var record = ContainerRecord(
            id: id,
            version: configuration.version,
            bundle: options.bundle,
            rootfs: plan.root.path,
            created: Events.now(CLOCK_REALTIME)
        )
        if let cgroups = plan.cgroups {
            record.cgroups = cgroups.steps.directories.map { directory in
                let hierarchy = host.isLegacy ? host.legacy.first { directory.path.hasPrefix($0.mount + "/") } : nil
                return .init(path: directory.path, controllers: hierarchy?.controllers ?? [])
            }
            record.cgroups += cgroups.alsoJoined.map { .init(path: $0, controllers: []) }
        }
        record.ownsProcesses = plan.created.contains(.pid)
        record.annotations = configuration.annotations.map { .init(key: $0.key, value: $0.value) }
        return record
    }

    /// Removes everything of a creation that failed.
    private func undo() {
        guard let container = try? runtime.store.load(id) else { return }
        Ending.kill(container)
        try? Ending.remove(container)
        if let pidFile { try? Files.remove(pidFile) }
        Ending.runStopHooks(container, configuration.hooks.hooks.poststop, runtime.log)
    }
}

/// What ``Creation`` made.
struct MadeContainer: ~Copyable {
    let launched: LaunchedContainer
    let record: ContainerRecord
}

/// Keeps the container's record while it is made.
struct Keeper: ContainerKeeper {
    let store: StateStore
    let record: ContainerRecord
    let pidFile: String?
    let pidfdSocket: String?
    let resourceControl: ResourceControlSection?
    let hasHooks: Bool

    func born(_ pid: ProcessID) throws(SyscallError) {
        // Until it is ready the process dies with this one, so that nobody needs to know it; but hooks may ask.
        guard hasHooks else { return }
        var record = try completed(pid)
        record.isShown = true
        try store.save(record)
    }

    func created(_ pid: ProcessID) throws(SyscallError) {
        var record = try completed(pid)
        record.isReady = true
        record.isShown = true
        if let resourceControl {
            do throws(RuntimeError) {
                record.resourceControl = try ResourceControl.apply(resourceControl, container: record.id, pid: pid)
            } catch {
                throw SyscallError(call: "resctrl", subject: error.description, errno: EINVAL)
            }
        }
        try store.save(record)
        if let pidFile { try Files.replace(pidFile, with: Array("\(pid)".utf8), mode: 0o644) }
        if let pidfdSocket { try PidfdSocket.send(pid, to: pidfdSocket) }
    }

    func state(_ status: String, _ pid: ProcessID) -> [UInt8] {
        Array(record.state(status, pid: pid).text().utf8)
    }

    func handOver(listener: Int32, of pid: ProcessID, _ filter: FilterLoad) throws(SyscallError) {
        try SeccompAgent.send(listener, pid: pid, record, filter)
    }

    private func completed(_ pid: ProcessID) throws(SyscallError) -> ContainerRecord {
        var record = record
        record.pid = pid
        record.startTime = try Processes.startTime(of: pid)
        return record
    }
}

/// The agent that answers a container's calls.
enum SeccompAgent {
    /// Sends the container process state with the listener; config-linux.md, "The Container Process State".
    static func send(
        _ listener: Int32,
        pid: ProcessID,
        _ record: ContainerRecord,
        _ filter: FilterLoad
    ) throws(SyscallError) {
        let state = JSONValue.object([
            ("ociVersion", .string(record.version)), ("fds", .strings(["seccompFd"])), ("pid", .int(Int64(pid))),
            ("metadata", .string(filter.metadata)), ("state", record.state("creating", pid: pid)),
        ])
        let socket = try StreamSockets.connect(filter.listener)
        try StreamSockets.send(Array(state.text().utf8), descriptors: [listener], to: socket.number)
    }
}

/// A caller that wants a descriptor of the first process.
enum PidfdSocket {
    static func send(_ pid: ProcessID, to path: String) throws(SyscallError) {
        let process = try Processes.open(pid)
        let socket = try StreamSockets.connect(path)
        try StreamSockets.send(Array("pidfd".utf8), descriptors: [process.number], to: socket.number)
    }
}

/// Paths that a caller gave, made independent of the working directory.
enum Paths {
    static func absolute(_ path: String) throws(RuntimeError) -> String {
        if path.hasPrefix("/") { return path }
        let current = try attempting("find the working directory") { () throws(SyscallError) in
            try ProcessAttributes.currentDirectory()
        }
        return current + "/" + path
    }

    /// A directory's path without links.
    static func directory(_ path: String, _ what: String) throws(RuntimeError) -> String {
        try attempting("open the \(what) \(path)") { () throws(SyscallError) in
            let folder = try Files.open(path, OpenFlag.pathOnly | O_DIRECTORY)
            return try Files.readLink("/proc/self/fd/\(folder.number)")
        }
    }
}

/// Whether a cgroup that exists already is fit for a new container; config-linux.md, "Control groups".
enum CgroupFitness {
    static func check(_ plan: ContainerPlan) throws(RuntimeError) {
        for directory in plan.cgroups?.steps.directories ?? [] {
            guard let processes = try? Files.readText(directory.path + "/cgroup.procs") else { continue }
            if !processes.isEmpty {
                throw RuntimeError("container's cgroup is not empty: \(directory.path): end its processes first")
            }
            let frozen =
                (try? Files.readText(directory.path + "/cgroup.freeze")) == "1"
                || (try? Files.readText(directory.path + "/freezer.state")).map { $0 != "THAWED" } == true
            if frozen {
                throw RuntimeError("container's cgroup unexpectedly frozen: \(directory.path): thaw it first")
            }
        }
    }
}
