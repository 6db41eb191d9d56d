/// A kernel resource controller, named as Bailey speaks of it on both cgroup versions.
///
/// The order of the cases is the order in which hierarchies are made and joined.
public enum Controller: String, CaseIterable, Sendable {
    /// Which device nodes may be opened or made; a BPF program on v2.
    case devices
    /// Pausing; part of the core on v2.
    case freezer
    /// Number of processes and threads.
    case pids
    /// Memory and swap.
    case memory
    /// CPU weight and bandwidth.
    case cpu
    /// CPU usage; part of the core on v2.
    case cpuacct
    /// Which CPUs and memory nodes may be used.
    case cpuset
    /// Block I/O, called `blkio` on v1.
    case io
    /// Huge pages.
    case hugetlb

    /// The name in the options of a v1 mount.
    public var legacyName: String { self == .io ? "blkio" : rawValue }

    /// Whether every v2 cgroup has this without it being enabled in `cgroup.subtree_control`.
    public var isCoreOnUnified: Bool { self == .devices || self == .freezer || self == .cpuacct }

    init?(legacyName: some StringProtocol) {
        self.init(rawValue: legacyName == "blkio" ? "io" : String(legacyName))
        if legacyName == "io" { return nil }
    }
}

/// The two interfaces of the kernel's control groups.
public enum CgroupVersion: String, Sendable {
    /// One hierarchy per controller or set of controllers.
    case v1
    /// The unified hierarchy.
    case v2
}
