import Glibc

/// Keeps the protection of a parent cgroup at the sum of its children's (v2).
///
/// `memory.min` and `memory.low` protect a group only as far as all groups above it are protected
/// (Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files"); parents that promise nothing would turn a
/// guarantee into nothing. Parents that promise more than the sum would spread the rest over children that were
/// promised nothing (`memory_recursiveprot`). So a parent's protection is exactly the sum, recomputed from what the
/// kernel holds; it needs no lock, because whoever writes last reads the children again afterwards.
public enum CgroupProtection {
    /// The files that protect memory; each is summed by itself.
    public static let files = ["memory.min", "memory.low"]

    private static let directoryType: UInt8 = 4

    /// Recomputes one file of one group from its children.
    ///
    /// - Throws: ``SyscallError`` when the group or its file cannot be read or written; nothing else was changed.
    public static func refresh(_ parent: String, _ file: String) throws(SyscallError) {
        for _ in 0..<8 {
            let sum = try sum(below: parent, file)
            let text = sum == .max ? "max" : "\(sum)"
            if try Files.readText("\(parent)/\(file)") == text { return }
            try Files.writeKernelFile("\(parent)/\(file)", text)
        }
    }

    /// Recomputes groups after children of them went away; what cannot be read, as on v1, is left alone.
    ///
    /// - Parameter parents: Deepest first.
    public static func lower(_ parents: [String]) {
        for file in files {
            for parent in parents where (try? Files.readText("\(parent)/\(file)")).map({ $0 != "0" }) ?? false {
                try? refresh(parent, file)
            }
        }
    }

    private static func sum(below parent: String, _ file: String) throws(SyscallError) -> UInt64 {
        let folder = try Files.open(parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        var sum: UInt64 = 0
        for entry in try DirectoryEntries.read(folder.number, named: parent) where entry.type == directoryType {
            // A child may vanish at any time, and then promises nothing.
            guard let text = try? Files.readText("\(entry.name)/\(file)", at: folder.number) else { continue }
            let (next, overflow) = sum.addingReportingOverflow(text == "max" ? .max : UInt64(text) ?? 0)
            sum = overflow ? .max : next
        }
        return sum
    }
}
