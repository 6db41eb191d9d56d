import Launch
import LinuxKernel

/// Carries a jail's guaranteed memory up to its tenant, without which the kernel guarantees nothing (v2).
enum CgroupGuarantees {
    /// After the jail's own limits were written: each group above it promises the sum of what is below it.
    static func carryUp(_ cgroups: CgroupSteps) throws(SyscallError) {
        for file in CgroupProtection.files {
            for parent in above(cgroups, file) { try CgroupProtection.refresh(parent, file) }
        }
    }

    /// After the jail's groups are gone: nobody is promised what was its.
    static func takeBack(_ cgroups: CgroupSteps) {
        let all = Set(CgroupProtection.files.flatMap { above(cgroups, $0) })
        CgroupProtection.lower(all.sorted { $0.utf8.count > $1.utf8.count })
    }

    /// The groups above the directory that sets `file`, innermost first, without the delegated one, which is not Bailey's.
    private static func above(_ cgroups: CgroupSteps, _ file: String) -> [String] {
        guard let own = cgroups.directories.first(where: { $0.writes.contains { $0.file == file } }) else { return [] }
        return cgroups.parents.map(\.path).filter { own.path.hasPrefix($0 + "/") }.dropFirst().reversed()
    }
}
