import LinuxKernel

/// Where everything of one installation is.
public struct StateLayout: Equatable, Sendable {
    /// Configuration: profiles, seccomp policies and template definitions of this host.
    public let configuration: String
    /// What outlives a reboot: templates, layers, jails.
    public let library: String
    /// What does not: locks, plans and process ids of running jails.
    public let runtime: String
    /// The variable `BAILEY_ROOT`, if it moved all three.
    public let root: String?

    /// The places below `root` (`BAILEY_ROOT`), or the system's when there is none.
    public init(root: String?) {
        self.root = root
        configuration = root.map { $0 + "/etc" } ?? "/etc/bailey"
        library = root.map { $0 + "/lib" } ?? "/var/lib/bailey"
        runtime = root.map { $0 + "/run" } ?? "/run/bailey"
    }

    /// Persistent state of the jail `name`.
    public func stateDirectory(_ name: String) -> String { "\(library)/jails/\(name)" }

    /// Runtime state of the jail `name`, locked while its launcher lives.
    public func runtimeDirectory(_ name: String) -> String { "\(runtime)/jails/\(name)" }

    /// What jails have written and share since: layers under snapshots and clones, images of snapshots.
    public var ownLayers: String { "\(library)/own" }

    /// Compiled seccomp programs.
    public var filterCache: String { "\(library)/cache/seccomp" }

    /// Id ranges are a matter of the whole host, so their claims are in one place whatever `BAILEY_ROOT` says.
    public static let identityClaims = "/run/bailey/ids"

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
        for path in ["\(runtime)/jails", Self.identityClaims] where !Files.exists(path) {
            try Files.makeDirectories(path, mode: 0o711)
        }
        if !Files.exists("\(library)/jails") {
            try Files.makeDirectories(library, mode: 0o711)
            try Files.makeDirectories("\(library)/jails", mode: 0o700)
        }
    }
}
