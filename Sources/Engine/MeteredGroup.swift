import Cgroups
import LinuxKernel

/// The processor time of a running jail: what it used, and the quota that holds, which can be set from here.
public struct MeteredGroup: Sendable {
    private let usage: CgroupDirectory
    private let quota: CgroupDirectory

    /// The groups of a jail; nil of one that does not run, or that no quota bounds.
    public init?(_ name: String, _ engine: Engine) {
        guard let group = (try? JailListing(engine).running(name))?.group,
            let quota = group.directory(for: .cpu), let usage = group.directory(for: .cpuacct)
        else { return nil }
        (self.usage, self.quota) = (usage, quota)
        guard CgroupControl.current(file) != nil else { return nil }
    }

    private var file: String { quota.path + (quota.version == .v1 ? "/cpu.cfs_quota_us" : "/cpu.max") }

    /// Microseconds of processor time since the jail began; nil when its group is gone.
    public var used: UInt64? {
        if usage.version == .v1 {
            return CgroupControl.current(usage.path + "/cpuacct.usage").flatMap { UInt64($0) }.map { $0 / 1000 }
        }
        let line = CgroupControl.current(usage.path + "/cpu.stat")?.split(separator: "\n").first
        return line?.split(separator: " ").last.flatMap { UInt64($0) }
    }

    /// Lets the jail have so many microseconds a second, in periods of 100 ms.
    ///
    /// A tenant's own limit above it holds all the same; v1 refuses more than that, and what was before stands.
    public func setQuota(_ microseconds: UInt64) {
        let period = max(1000, microseconds / 10)
        let value = quota.version == .v1 ? "\(period)" : "\(period) 100000"
        guard CgroupControl.current(file) != value else { return }
        try? Files.writeKernelFile(file, value)
    }
}
