import Glibc
import Launch
import LinuxKernel

/// Where the launcher says that a jail did not start: standard error, or the pipe of a detached start.
public struct Report {
    /// The pipe's descriptor, or -1.
    let descriptor: Int32

    /// Reports to this pipe, or with -1 to standard error.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// One line that says what was attempted, why it failed, and what to do.
    func failed(jail: String, _ failure: StageFailure) {
        let advice = Advice.text(for: failure)
        Report.say(
            "bailey: starting \(jail): \(failure.stage.attempt): \(failure.cause)\(advice.map { ": " + $0 } ?? "")",
            to: descriptor >= 0 ? descriptor : 2
        )
    }

    /// A line about something other than a stage.
    func failed(_ text: String) {
        Report.say("bailey: \(text)", to: descriptor >= 0 ? descriptor : 2)
    }

    /// Tells a waiting `bailey run -d` that the jail runs: the pipe closes without a word.
    func started() {
        if descriptor >= 0 { _ = OwnedDescriptor(owning: descriptor) }
    }

    /// Writes one line; a reader who is gone is not worth failing for.
    public static func say(_ text: String, to descriptor: Int32) {
        try? Files.write(descriptor, Array((text + "\n").utf8), named: "report")
    }
}

/// What to do about a failure, where experience knows.
enum Advice {
    /// A hint for the failure, nil where there is none worth giving.
    static func text(for failure: StageFailure) -> String? {
        let cause = failure.cause
        switch (failure.stage, cause.errno) {
        case (.execute, ENOENT):
            return "check that the command exists inside the rootfs, with its interpreter and libraries"
        case (.execute, EACCES): return "the file is not executable for this user inside the jail"
        case (.execute, ENOEXEC): return "the file is no program for this machine, or a script without #!"
        case (.mounts, ELOOP), (.root, ELOOP):
            return "the rootfs has a symbolic link where Bailey mounts a kernel file system: remove it from the rootfs"
        case (.mounts, EROFS): return "make the mount point in the rootfs, or leave out --read-only"
        case (.mounts, ENOTDIR), (.mounts, EISDIR):
            return "source and target of a mount must both be directories or both be files"
        case (.sources, EINVAL):
            return "the file system of this path cannot be idmapped by this kernel: put it on ext4, xfs, btrfs or tmpfs"
        case (.sources, ENOENT): return "check that the path exists on the host"
        case (.cgroups, EINVAL), (.cgroups, ERANGE): return "the kernel refuses this value for this limit"
        case (.cgroups, EACCES), (.cgroups, EPERM), (.cgroups, EROFS):
            return "Bailey needs write access to its cgroup: run as root, or in a unit with Delegate=yes"
        case (.clone, EPERM), (.clone, ENOSPC):
            return "see user.max_user_namespaces and its kin in sysctl: bailey doctor lists them"
        case (.clone, EAGAIN), (.attach, EAGAIN): return "a limit on processes was reached on the host"
        case (.enter, ESRCH): return "the jail has just ended"
        default: return nil
        }
    }
}
