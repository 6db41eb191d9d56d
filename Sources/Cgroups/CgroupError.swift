import Glibc
import LinuxKernel

/// An action on cgroups that failed, with the kernel's reason.
public enum CgroupError: Error, Equatable, Sendable {
    /// The group is there already; nothing was touched.
    case exists(path: String)
    /// A directory could not be made.
    case make(path: String, cause: SyscallError)
    /// A limit could not be written.
    case write(CgroupWrite, path: String, cause: SyscallError)
    /// A v2 controller could not be made available to child groups.
    case enable(file: String, value: String, cause: SyscallError)
    /// A process could not be moved.
    case attach(process: Int32, path: String, cause: SyscallError)
    /// The group did not come to rest in time; it was thawed again.
    case notFrozen(path: String, state: String)
    /// The group is not in any hierarchy that can do this.
    case unsupported(what: String, remedy: String)
    /// A file of the group could not be read.
    case read(SyscallError)
}

extension CgroupError: CustomStringConvertible {
    /// What was attempted, why it failed, what to do.
    public var description: String {
        switch self {
        case .exists(let path):
            "make cgroup \(path): it is there already: remove what an earlier run left"
        case .make(let path, let cause):
            "make cgroup \(path): \(cause): \(Self.remedy(for: cause))"
        case .write(let write, let path, let cause):
            "set \(write.knob?.rawValue ?? write.file) in \(path): \(cause): \(Self.remedy(for: cause))"
        case .enable(let file, let value, let cause):
            "enable \(value) in \(file): \(cause): \(Self.enablingRemedy(for: cause))"
        case .attach(let process, let path, let cause):
            "move process \(process) to \(path): \(cause): \(Self.remedy(for: cause))"
        case .notFrozen(let path, let state):
            "pause \(path): still \(state): a process in it waits for something that does not come; try again"
        case .unsupported(let what, let remedy):
            "\(what): not possible for this group: \(remedy)"
        case .read(let cause):
            "read the state of a cgroup: \(cause): \(Self.remedy(for: cause))"
        }
    }

    private static func remedy(for cause: SyscallError) -> String {
        switch cause.errno {
        case EACCES, EPERM: "run as root, or in a cgroup that was delegated to this user"
        case EROFS: "the cgroup mount is read-only here; remount it writable"
        case ENOENT, ENODEV: "the group or this kernel's control file is gone; bailey doctor says what this host has"
        case EINVAL, ERANGE, ENOSPC: "the kernel does not take this value beside those of the groups above"
        case EBUSY: "the group uses more than that now; stop some of its processes first"
        case EAGAIN: "a limit on the number of groups or processes above is reached"
        default: "bailey doctor says what this host can do"
        }
    }

    private static func enablingRemedy(for cause: SyscallError) -> String {
        switch cause.errno {
        case EBUSY: "the cgroup holds processes itself; move them to a cgroup below it"
        case ENOENT: "the controller is not available there; name it in Delegate= of the systemd unit"
        default: remedy(for: cause)
        }
    }
}
