import LinuxKernel

/// Carries a group's guarantees up through its parents, as ``CgroupProtection`` says.
enum MemoryProtection {
    /// Recomputes all parents of a group whose limits were just written.
    static func refresh(above directory: CgroupDirectory, after writes: [CgroupWrite]) throws(CgroupError) {
        guard directory.version == .v2 else { return }
        for file in CgroupProtection.files where writes.contains(where: { $0.file == file }) {
            for parent in directory.parents.reversed() {
                do throws(SyscallError) {
                    try CgroupProtection.refresh(parent, file)
                } catch {
                    throw .write(CgroupWrite(file, "sum of its children"), path: parent, cause: error)
                }
            }
        }
    }

    /// Recomputes parents after children went away; what cannot be read is left alone.
    static func lower(_ parents: [String]) { CgroupProtection.lower(parents) }
}
