import Glibc
import Launch
import LinuxKernel

/// Makes, fills and removes the cgroups that a plan lists.
enum CgroupActions {
    /// Makes every directory and writes every limit, in the plan's order.
    ///
    /// - Throws: The first failure; ``Undo`` removes what was made.
    static func make(_ cgroups: CgroupSteps) throws(SyscallError) {
        for directory in cgroups.directories { try make(directory, below: cgroups.parents) }
        try CgroupGuarantees.carryUp(cgroups)
        if !cgroups.deviceProgram.isEmpty { try attachDeviceProgram(cgroups) }
    }

    /// Closes the devices of a jail that version 2 has to close, also where other controllers are on version 1.
    private static func attachDeviceProgram(_ cgroups: CgroupSteps) throws(SyscallError) {
        guard let unified = cgroups.directories.first(where: { Files.exists($0.path + "/cgroup.controllers") }) else {
            // Never a jail whose devices nobody closed.
            throw SyscallError(call: "bpf BPF_PROG_ATTACH", subject: "no version 2 cgroup of the jail", errno: ENOENT)
        }
        let cgroup = try Files.open(unified.path, O_RDONLY | O_DIRECTORY)
        try DevicePrograms.attach(cgroups.deviceProgram, toCgroup: cgroup.number)
    }

    private static func make(_ directory: CgroupDirectory, below parents: [CgroupParent]) throws(SyscallError) {
        // Another launcher's clean-up may take an empty parent away between our two calls: tries settle it.
        for attempt in 1...64 {
            do throws(SyscallError) {
                try Files.makeDirectory(directory.path)
                break
            } catch {
                switch error.errno {
                case ENOENT where attempt < 64: try makeParentsUnlessTaken(parents, of: directory.path)
                case EEXIST where attempt < 64:
                    // The name is claimed by our lock, so this is what a killed launcher of the same jail left.
                    _ = Undo.removeCgroup(directory.path)
                default: throw error
                }
            }
        }
        // A tenant's group that was made for a jail with fewer limits hands down fewer controllers.
        if directory.writes.contains(where: { !Files.exists(directory.path + "/" + $0.file) }) {
            try makeParentsUnlessTaken(parents, of: directory.path)
        }
        try apply(directory.writes, in: directory.path)
    }

    /// Writes values in their order; a file that takes several in a row, as devices.allow does, is opened once.
    private static func apply(_ writes: [CgroupWrite], in directory: String) throws(SyscallError) {
        var rest = writes[...]
        while let file = rest.first?.file {
            let run = rest.prefix { $0.file == file }
            rest = rest.dropFirst(run.count)
            let path = directory + "/" + file
            do throws(SyscallError) {
                let open = try Files.open(path, O_WRONLY)
                for write in run { try apply(write, to: open.number, named: path) }
            } catch {
                if !run.allSatisfy(\.optional) { throw error }
            }
        }
    }

    private static func apply(_ write: CgroupWrite, to file: Int32, named path: String) throws(SyscallError) {
        do throws(SyscallError) {
            _ = try Files.writeSome(file, Array(write.value.utf8)[...], named: "\(write.value) to \(path)")
        } catch {
            // Asked for as best effort; `bailey explain` shows that the kernel's value differs.
            if !write.optional { throw error }
        }
    }

    /// A parent that another launcher takes away in the middle is made at the next attempt.
    private static func makeParentsUnlessTaken(_ parents: [CgroupParent], of path: String) throws(SyscallError) {
        do throws(SyscallError) {
            try makeParents(parents, of: path)
        } catch  where error.errno == ENOENT || error.errno == ENODEV {}
    }

    private static func makeParents(_ parents: [CgroupParent], of path: String) throws(SyscallError) {
        for parent in parents where path.hasPrefix(parent.path + "/") {
            do throws(SyscallError) {
                try Files.makeDirectory(parent.path)
            } catch  where error.errno == EEXIST {
                // Another jail of the tenant has made it; its files may still lack what this one needs.
            }
            try apply(parent.writes, in: parent.path)
        }
    }

    /// The directory to be born in; the caller closes it.
    ///
    /// nil with cgroup v1.
    static func openBirthplace(_ cgroups: CgroupSteps) throws(SyscallError) -> Int32? {
        guard cgroups.bornInside, let directory = cgroups.directories.first else { return nil }
        return try Files.open(directory.path, O_RDONLY | O_DIRECTORY).release()
    }

    /// Moves a process into every directory.
    ///
    /// The first of these writes after a quiet spell waits for an RCU grace period; the jail mounts meanwhile.
    static func attach(_ pid: ProcessID, _ cgroups: CgroupSteps) throws(SyscallError) {
        for directory in cgroups.directories {
            try Files.writeKernelFile(directory.path + "/cgroup.procs", "\(pid)")
        }
    }
}
