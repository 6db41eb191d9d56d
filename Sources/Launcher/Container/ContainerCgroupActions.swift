import Glibc
import Launch
import LinuxKernel

/// Makes and joins a container's cgroups; ``CgroupActions`` does the same for jails, whose groups are always new.
public enum ContainerCgroupActions {
    /// Makes directories, writes limits, attaches the device program.
    static func make(_ cgroups: ContainerCgroups) throws(SyscallError) {
        let steps = cgroups.steps
        for directory in steps.directories {
            try makeDirectory(directory.path, below: steps.parents)
            // First, since an empty group above refuses every value.
            for files in cgroups.inherited where files.path == directory.path { try inherit(files) }
            try apply(directory.writes[...], in: directory.path)
        }
        if !steps.deviceProgram.isEmpty, let unified = steps.directories.last {
            let folder = try Files.open(unified.path, O_RDONLY | O_DIRECTORY)
            try DevicePrograms.attach(steps.deviceProgram, toCgroup: folder.number)
        }
        if let owner = cgroups.owner, let unified = steps.directories.last { try handOver(unified.path, to: owner) }
    }

    /// Puts a process in; `isInside` when it was born there.
    static func attach(_ pid: ProcessID, _ cgroups: ContainerCgroups, isInside: Bool) throws(SyscallError) {
        if !isInside {
            for directory in cgroups.steps.directories {
                try Files.writeKernelFile(directory.path + "/cgroup.procs", "\(pid)")
            }
        }
        for path in cgroups.alsoJoined {
            try? Files.makeDirectories(path)
            try? Files.writeKernelFile(path + "/cgroup.procs", "\(pid)")
        }
        for directory in cgroups.late {
            for write in directory.writes { try apply(write, in: directory.path) }
        }
    }

    private static func makeDirectory(_ path: String, below parents: [CgroupParent]) throws(SyscallError) {
        for parent in parents where path.hasPrefix(parent.path + "/") || parent.path == path {
            do { try Files.makeDirectory(parent.path) } catch  where error.errno == EEXIST {} catch
                where error.errno == ENOENT
            {
                try Files.makeDirectories(parent.path)
            }
            for write in parent.writes { try apply(write, in: parent.path) }
        }
        try Files.makeDirectories(path)
    }

    /// Writes in order; neighbours for one file, such as a list of devices, share its descriptor.
    private static func apply(_ writes: ArraySlice<CgroupWrite>, in directory: String) throws(SyscallError) {
        var rest = writes
        while let first = rest.first {
            let run = rest.prefix { $0.file == first.file }
            rest = rest.dropFirst(run.count)
            guard run.count > 1, !first.optional else {
                for write in run { try apply(write, in: directory) }
                continue
            }
            let path = directory + "/" + first.file
            let file = try Files.open(path, O_WRONLY)
            for write in run {
                _ = try Files.writeSome(file.number, Array(write.value.utf8)[...], named: "\(write.value) to \(path)")
            }
        }
    }

    private static func apply(_ write: CgroupWrite, in directory: String) throws(SyscallError) {
        do throws(SyscallError) {
            try Files.writeKernelFile(directory + "/" + write.file, write.value)
        } catch  where !write.optional {
            throw error
        } catch {}
    }

    /// A v1 cpuset takes no process while it is empty; each level takes what the one above has.
    private static func inherit(_ files: InheritedFiles) throws(SyscallError) {
        var above = files.top
        for name in files.path.dropFirst(files.top.utf8.count).split(separator: "/") {
            let path = above + "/" + name
            for file in files.files {
                guard let present = try? Files.readText(path + "/" + file), present.isEmpty else { continue }
                try Files.writeKernelFile(path + "/" + file, try Files.readText(above + "/" + file))
            }
            above = path
        }
    }

    /// Only the files that cgroups(7) names for delegation.
    private static func handOver(_ path: String, to owner: UInt32) throws(SyscallError) {
        let list =
            (try? Files.readText("/sys/kernel/cgroup/delegate"))
            ?? "cgroup.procs\ncgroup.subtree_control\ncgroup.threads"
        try Files.setOwner(path, uid: owner, gid: .max)
        for file in list.split(separator: "\n") {
            do { try Files.setOwner("\(path)/\(file)", uid: owner, gid: .max) } catch  where error.errno == ENOENT {}
        }
    }
}
