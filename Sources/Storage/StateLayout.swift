import LinuxKernel

/// Where everything of one installation is.
public struct StateLayout: Equatable, Sendable {
    /// Configuration: profiles, seccomp policies and template definitions of this host.
    public let configuration: String
    /// What outlives a reboot: templates, layers, jails.
    public let library: String
    /// What does not: locks, plans and process ids of running jails.
    public let runtime: String
    /// Claims of id ranges; ids are a matter of the whole host, so `BAILEY_ROOT` does not move them.
    public let identityClaims: String
    /// The variable `BAILEY_ROOT`, if it moved all three.
    public let root: String?

    /// The places below `root` (`BAILEY_ROOT`), or the system's when there is none.
    public init(root: String?) {
        self.root = root
        configuration = root.map { $0 + "/etc" } ?? "/etc/bailey"
        library = root.map { $0 + "/lib" } ?? "/var/lib/bailey"
        let memory = Self.memory()
        runtime = root.map { $0 + "/run" } ?? memory
        identityClaims = memory + "/ids"
    }

    /// Persistent state of the jail `name`.
    public func stateDirectory(_ name: String) -> String { "\(library)/jails/\(name)" }

    /// Where the records of starts are.
    public var records: String { "\(runtime)/jails" }

    /// The record of the start of jail `name`: a file, locked while the jail's launcher lives.
    public func record(_ name: String) -> String { "\(runtime)/jails/\(name)" }

    /// An empty directory at which each jail puts its root together, in its own mount namespace.
    public var stage: String { "\(runtime)/stage" }

    /// What jails have written and share since: layers under snapshots and clones, images of snapshots.
    public var ownLayers: String { "\(library)/own" }

    /// Compiled seccomp programs.
    public var filterCache: String { "\(library)/cache/seccomp" }

    /// The topmost cgroup.
    ///
    /// Another root has another one, so that equal names of jails do not meet.
    public var cgroupRoot: String {
        guard let root else { return "bailey" }
        // FNV-1a: short, stable, and spread enough to tell the roots of one host apart.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in root.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "bailey-" + String(hash, radix: 36)
    }

    /// Makes the directories that jails need.
    ///
    /// State is closed to other users: it holds setuid files of tenants, which are root's own on disk.
    public func prepare() throws(SyscallError) {
        for path in [identityClaims, stage, records] where !Files.exists(path) {
            try Files.makeDirectories(path, mode: 0o711)
        }
        // Its parent may be everybody's to write: what another user made there under our name is not used.
        for path in [String(identityClaims.dropLast(4)), runtime] { try requireOwnership(of: path) }
        if !Files.exists("\(library)/jails") {
            try Files.makeDirectories(library, mode: 0o711)
            try Files.makeDirectories("\(library)/jails", mode: 0o700)
        }
    }

    /// `/run/bailey`, or `/dev/shm/bailey` on the rare host whose `/run` is on disk.
    ///
    /// What is there describes running processes: it must be gone after a reboot, and is written at every start.
    private static func memory() -> String {
        let places = ["/run", "/dev/shm"]
        return (places.first(where: FileSystems.isInMemory) ?? "/run") + "/bailey"
    }

    private func requireOwnership(of path: String) throws(SyscallError) {
        let status = try Files.status(path)
        guard status.isDirectory, status.uid == 0, status.mode & 0o022 == 0 else {
            throw SyscallError(call: "stat", subject: "\(path), which is not root's alone", errno: 1)
        }
    }
}
