import Allocation
import Cgroups
import Glibc
import LinuxKernel

/// Memory taken back from a jail that runs.
extension Engine {
    /// What a limit below the use would mean; nil when it fits as it is.
    public func shrinkWarning(_ name: String, to target: UInt64) throws(EngineError) -> String? {
        let record = try JailListing(self).running(name)
        let use = CgroupStatistics.read(record.group).memory
        guard let current = use.current, current > target else { return nil }
        let firm = (use.anon ?? 0) + (use.kernel ?? 0)
        let reclaimable = current > firm ? current - firm : 0
        if current - reclaimable <= target {
            return
                "\(current >> 20) MiB are in use, of which the kernel can take back up to \(reclaimable >> 20) MiB of cache"
        }
        let heaviest = Self.heaviest(CgroupControl(record.group).processes())
        return
            "\(firm >> 20) MiB are in use that only swap or an end can free: forced, the kernel would kill \(heaviest) first"
    }

    private static func weigh(_ processes: [Int32]) -> (pages: Int, pid: Int32) {
        var worst: (pages: Int, pid: Int32) = (0, 0)
        for pid in processes {
            let fields = ((try? Files.readText("/proc/\(pid)/statm")) ?? "").split(separator: " ")
            guard fields.count > 1, let pages = Int(fields[1]), pages > worst.pages else { continue }
            worst = (pages, pid)
        }
        return worst
    }

    /// Ends the heaviest process of a jail, one after the other, until its use of memory is below a target.
    ///
    /// For v1, which refuses a limit that it cannot reclaim down to; with v2 the kernel does it when the limit is written.
    public func makeRoom(_ name: String, target: UInt64) throws(EngineError) {
        let record = try JailListing(self).running(name)
        guard let directory = record.group.directory(for: .memory), directory.version == .v1 else { return }
        for _ in 0..<64 {
            // Asks the kernel to take back what it can, as it would be asked in the end.
            try? Files.writeKernelFile(directory.path + "/memory.limit_in_bytes", "\(target)")
            if UInt64((try? Files.readText(directory.path + "/memory.limit_in_bytes")) ?? "") ?? .max <= target {
                return
            }
            let worst = Self.weigh(CgroupControl(record.group).processes())
            guard worst.pid > 1, let process = try? Processes.open(worst.pid) else { return }
            // Held by descriptor, and still in the jail's group: then it is no other process with the same number.
            guard CgroupControl(record.group).processes().contains(worst.pid) else { continue }
            try? Processes.signal(pidfd: process.number, SIGKILL)
            _ = try? Events.wait(for: [(process.number, Int16(POLLIN))], milliseconds: 2000)
        }
    }

    private static func heaviest(_ processes: [Int32]) -> String {
        let worst = weigh(processes)
        let name = (try? Files.readText("/proc/\(worst.pid)/comm")) ?? "nothing"
        return "\(name) (process \(worst.pid), \(worst.pages / 256) MiB)"
    }

    /// Brings the use of memory down to a target without killing anything, or leaves everything as it was.
    ///
    /// v1 takes a lower limit only if it can reclaim down to it (EBUSY otherwise). With v2 `memory.reclaim` asks for it
    /// first, and the limit follows when the use is low enough; `memory.max` itself would kill.
    ///
    /// `target` is in bytes, `deadline` in milliseconds.
    ///
    /// - Throws: ``EngineError`` when it could not be done in time; the old limit stands again.
    /// - SeeAlso: cgroup-v1/memory.rst, 4.1; cgroup-v2.rst, memory.reclaim.
    public func shrink(_ name: String, to target: UInt64, deadline: UInt64) throws(EngineError) {
        let record = try JailListing(self).running(name)
        guard let directory = record.group.directory(for: .memory) else { return }
        let file = directory.path + (directory.version == .v1 ? "/memory.limit_in_bytes" : "/memory.max")
        let begun = Events.now()
        let before = UInt64((try? Files.readText(file)) ?? "")
        let plan = Shrink(from: before, target: target, deadline: deadline)
        while true {
            let use = CgroupStatistics.read(record.group).memory.current ?? 0
            let limit = UInt64((try? Files.readText(file)) ?? "")
            switch plan.next(inUse: use, limit: limit, elapsed: UInt64((Events.now() - begun) / 1_000_000)) {
            case .done: return
            case .limit(let bytes):
                if directory.version == .v1 || use <= bytes {
                    try? Files.writeKernelFile(file, "\(bytes)")
                } else {
                    try? Files.writeKernelFile(directory.path + "/memory.reclaim", "\(use - bytes)")
                }
                if (CgroupStatistics.read(record.group).memory.current ?? 0) >= use { Events.sleep(milliseconds: 50) }
            case .rollBack(let old, let use):
                try? Files.writeKernelFile(file, old.map { "\($0)" } ?? (directory.version == .v1 ? "-1" : "max"))
                let warning = try shrinkWarning(name, to: target) ?? ""
                throw .refused(
                    "taking memory from \(name): \(use >> 20) MiB are still in use after \(deadline) ms, and the limit is as "
                        + "it was: \(warning): end something inside, give it longer, or use --force"
                )
            }
        }
    }
}
