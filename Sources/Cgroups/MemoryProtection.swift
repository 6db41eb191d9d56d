import LinuxKernel

/// Keeps the protection of parent groups at the sum of their children's (v2).
///
/// `memory.min` and `memory.low` protect a group only as far as all groups above it are protected
/// (Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files"); parents that promise nothing would turn a
/// guarantee into nothing. Parents that promise more than the sum would spread the rest over children that were
/// promised nothing (`memory_recursiveprot`). So a parent's protection is exactly the sum, recomputed from what the
/// kernel holds; it needs no lock, because whoever writes last reads the children again afterwards.
enum MemoryProtection {
    private static let files = ["memory.min", "memory.low"]

    /// Recomputes all parents of a group whose limits were just written.
    static func refresh(above directory: CgroupDirectory, after writes: [CgroupWrite]) throws(CgroupError) {
        guard directory.version == .v2 else { return }
        for file in files where writes.contains(where: { $0.file == file }) {
            for parent in directory.parents.reversed() {
                do throws(SyscallError) {
                    try refresh(parent, file)
                } catch {
                    throw .write(CgroupWrite(file, "sum of its children"), path: parent, cause: error)
                }
            }
        }
    }

    /// Recomputes parents after children went away; what cannot be read is left alone.
    static func lower(_ parents: [String]) {
        for file in files {
            for parent in parents where (try? Files.readText("\(parent)/\(file)")).map({ $0 != "0" }) ?? false {
                try? refresh(parent, file)
            }
        }
    }

    private static func refresh(_ parent: String, _ file: String) throws(SyscallError) {
        for _ in 0..<8 {
            let sum = amountText(try self.sum(below: parent, file))
            if try Files.readText("\(parent)/\(file)") == sum { return }
            try Files.writeKernelFile("\(parent)/\(file)", sum)
        }
    }

    private static func sum(below parent: String, _ file: String) throws(SyscallError) -> UInt64 {
        let folder = try Files.open(parent, CgroupTree.directoryFlags)
        var sum: UInt64 = 0
        for entry in try DirectoryEntries.read(folder.number, named: parent)
        where entry.type == CgroupTree.directoryType {
            // A child may vanish at any time, and then promises nothing.
            guard let text = try? Files.readText("\(entry.name)/\(file)", at: folder.number) else { continue }
            let amount = text == "max" ? UInt64.max : UInt64(text) ?? 0
            let (next, overflow) = sum.addingReportingOverflow(amount)
            sum = overflow ? .max : next
        }
        return sum
    }

    private static func amountText(_ amount: UInt64) -> String {
        PlanDraft.unifiedAmount(amount)
    }
}
