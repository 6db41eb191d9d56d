import Cgroups
import Glibc
import JSONText
import LinuxKernel

/// The directory of `--root`, with one directory a container.
///
///     ID/state.json    ``ContainerRecord``, replaced as a whole
///     ID/config.json   the configuration that the container was created with
///     ID/exec.fifo     releases the first process, which holds its lock until it has executed the program
///
/// The kernel holds the truth: whether a container runs is asked of its process and of the lock, never of a file's text.
struct StateStore {
    let root: String

    /// The pipe's name, the same as in runc's and crun's state.
    static let gate = "exec.fifo"

    func directory(_ id: String) -> String { "\(root)/\(id)" }

    /// An id that is a file name and no more; what runc takes.
    static func check(_ id: String) throws(RuntimeError) {
        let isSound =
            !id.isEmpty && id.utf8.count <= 1024 && id != "." && id != ".." && id != ".seccomp"
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
        if !isSound {
            let wrong = id.contains("/") ? "invalid character `/` in the ID: " : ""
            throw RuntimeError(
                "container id '\(id)': \(wrong)invalid container ID format: use letters, digits, and _ + - ."
            )
        }
    }

    /// Takes a new id: makes its directory and holds its lock.
    func claim(_ id: String) throws(RuntimeError) -> ContainerDirectory {
        try Self.check(id)
        let path = directory(id)
        do throws(SyscallError) {
            try Files.makeDirectories(root, mode: 0o711)
            try Files.makeDirectory(path, mode: 0o711)
            return ContainerDirectory(path: path, lock: try lock(path))
        } catch  where error.errno == EEXIST {
            throw RuntimeError("create container \(id): container with given ID already exists")
        } catch {
            throw RuntimeError("create container \(id)", error)
        }
    }

    /// Holds the lock of a container that exists, once other commands have let it go.
    func hold(_ id: String) throws(RuntimeError) -> ContainerDirectory {
        try Self.check(id)
        do throws(SyscallError) {
            return ContainerDirectory(path: directory(id), lock: try lock(directory(id)))
        } catch {
            throw RuntimeError("container \(id) does not exist")
        }
    }

    private func lock(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        let folder = try Files.open(path, O_RDONLY | O_DIRECTORY)
        _ = try FileLock.take(folder.number, named: path, wait: true)
        return folder
    }

    func load(_ id: String) throws(RuntimeError) -> Container {
        try Self.check(id)
        let path = directory(id)
        guard Files.exists(path) else { throw RuntimeError("container \(id) does not exist") }
        guard let bytes = try? Files.readBytes(path + "/state.json") else {
            // Claimed a moment ago, or its creator was killed before it could write anything.
            let empty = ContainerRecord(id: id, version: Version.specification, bundle: "", rootfs: "", created: 0)
            return Container(store: self, record: empty)
        }
        let record = try attempting("read the state of container \(id)") { () throws(JSONError) in
            try ContainerRecord(JSONDocument(bytes).root)
        }
        return Container(store: self, record: record)
    }

    func save(_ record: ContainerRecord) throws(SyscallError) {
        try Files.replace(directory(record.id) + "/state.json", with: Array(record.json.text().utf8))
    }

    /// All ids, sorted.
    func ids() -> [String] {
        ((try? Files.list(root)) ?? []).filter { (try? Self.check($0)) != nil }.sorted()
    }
}

/// A container's directory while its lock is held.
struct ContainerDirectory: ~Copyable {
    let path: String
    let lock: OwnedDescriptor
}

/// A container as it is now.
struct Container {
    let store: StateStore
    var record: ContainerRecord

    enum Status: String {
        case creating, created, running, paused, stopped
    }

    var path: String { store.directory(record.id) }

    /// Whether the first process is there, and is the one that was recorded.
    var isAlive: Bool {
        record.pid > 0 && Processes.livingStartTime(of: record.pid) == record.startTime
    }

    var status: Status {
        guard isAlive else {
            // No process yet: somebody is creating it, or was.
            return record.pid == 0 && isBeingCreated ? .creating : .stopped
        }
        if isWaiting { return record.isReady ? .created : .creating }
        return isPaused ? .paused : .running
    }

    /// The first process holds the lock until it executes the program: the kernel lets it go in that very moment.
    private var isWaiting: Bool {
        guard let file = try? Files.open(path + "/" + StateStore.gate, O_RDONLY | O_NONBLOCK) else { return false }
        return (try? FileLock.share(file.number, named: path, wait: false)) == false
    }

    private var isBeingCreated: Bool {
        guard let folder = try? Files.open(path, O_RDONLY | O_DIRECTORY) else { return false }
        return (try? FileLock.share(folder.number, named: path, wait: false)) == false
    }

    var isPaused: Bool { CgroupControl(group).isFrozen() == true }

    /// The container's cgroups in the terms of Cgroups.
    var group: ControlGroup {
        ControlGroup(
            directories: record.cgroups.map { place in
                let slash = place.path.lastIndex(of: "/") ?? place.path.startIndex
                let controllers = place.controllers.compactMap { Controller(rawValue: $0 == "blkio" ? "io" : $0) }
                return CgroupDirectory(
                    version: place.controllers.isEmpty ? .v2 : .v1,
                    controllers: controllers,
                    root: String(place.path[..<slash]),
                    name: String(place.path[place.path.index(after: slash)...])
                )
            }
        )
    }

    /// The configuration that it was created with.
    func configuration() throws(RuntimeError) -> Configuration {
        let bytes = try attempting("read the configuration of container \(record.id)") { () throws(SyscallError) in
            try Files.readBytes(path + "/config.json")
        }
        return try attempting("read the configuration of container \(record.id)") { () throws(JSONError) in
            try Configuration(JSONDocument(bytes).root)
        }
    }
}

/// What this program is.
public enum Version {
    /// Of the runtime.
    static let program = "0.1.0"
    /// Of the specification.
    static let specification = "1.2.0"
}
