import Cgroups
import Glibc
import LinuxKernel
import Storage

/// One thing that jails need or can use, and whether this host has it.
public struct HostCheck: Sendable {
    /// How it stands.
    public enum Verdict: String, Sendable {
        /// There.
        case ok
        /// Not there; some limits or commands do without.
        case limited
        /// Not there, and no jail starts without.
        case missing
    }

    /// What was looked at.
    public let name: String
    /// How it stands.
    public let verdict: Verdict
    /// What was found.
    public let found: String
    /// What to do about it; empty where nothing is to be done.
    public let advice: String
}

/// Looks at the host the way a start would.
public struct Doctor {
    private let engine: Engine

    /// A doctor for the engine's host.
    public init(_ engine: Engine) {
        self.engine = engine
    }

    /// Every check, in a stable order.
    public func examine() -> [HostCheck] {
        [user, kernel, launcher, state] + namespaces + cgroups + [overlay, idmap, disk, seccomp, profiles, swap]
            + NetworkDoctor(engine).examine()
    }

    private var user: HostCheck {
        Processes.effectiveUser == 0
            ? HostCheck(name: "user", verdict: .ok, found: "root", advice: "")
            : HostCheck(name: "user", verdict: .missing, found: "not root", advice: "run bailey as root: jails need it")
    }

    private var kernel: HostCheck {
        let release = (try? Files.readText("/proc/sys/kernel/osrelease")) ?? "unknown"
        let parts = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        let isNew = parts.count == 2 && (parts[0], parts[1]) >= (5, 19)
        return HostCheck(
            name: "kernel",
            verdict: isNew ? .ok : .missing,
            found: release,
            advice: isNew ? "" : "overlayfs on idmapped layers needs Linux 5.19: use Debian 12's kernel or a newer one"
        )
    }

    private var launcher: HostCheck {
        let there = Files.exists(engine.initProgram)
        return HostCheck(
            name: "bailey-init",
            verdict: there ? .ok : .missing,
            found: engine.initProgram + (there ? "" : " is not there"),
            advice: there ? "" : "install bailey and bailey-init from one build, side by side"
        )
    }

    private var state: HostCheck {
        do {
            try engine.layout.prepare()
            return HostCheck(name: "state", verdict: .ok, found: engine.layout.library, advice: "")
        } catch {
            return HostCheck(
                name: "state",
                verdict: .missing,
                found: "\(error)",
                advice: "make the directory writable for root, or set BAILEY_ROOT"
            )
        }
    }

    private var namespaces: [HostCheck] {
        let wanted = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"]
        return wanted.map { name in
            let limit = Self.namespaceLimit(name)
            let there = Files.exists("/proc/self/ns/\(name)")
            let isOpen = there && limit != 0
            return HostCheck(
                name: "\(name) namespace",
                verdict: isOpen ? .ok : .missing,
                found: there ? limit.map { "at most \($0)" } ?? "there" : "not in this kernel",
                advice: isOpen ? "" : "raise user.max_\(name)_namespaces with sysctl, or use a kernel that has it"
            )
        }
    }

    private static func namespaceLimit(_ name: String) -> UInt64? {
        (try? Files.readText("/proc/sys/user/max_\(name)_namespaces")).flatMap { UInt64($0) }
    }

    private var cgroups: [HostCheck] {
        guard let hierarchy = try? CgroupHierarchy.detect() else {
            return [
                HostCheck(
                    name: "cgroups",
                    verdict: .missing,
                    found: "none mounted",
                    advice: "mount cgroup2 at /sys/fs/cgroup"
                )
            ]
        }
        let version = hierarchy.version == .v2 ? "version 2" : "version 1, beside an empty version 2 tree"
        let head = HostCheck(
            name: "cgroups",
            verdict: .ok,
            found: version,
            advice: hierarchy.version == .v2
                ? "" : "memory.high and guarantees need version 2: boot with systemd.unified_cgroup_hierarchy=1"
        )
        let wanted: [(Controller, String)] = [
            (.cpu, "CPU limits"), (.cpuset, "choice of CPUs"), (.memory, "memory limits"), (.pids, "process limits"),
            (.io, "disk rates"), (.devices, "device rules"), (.freezer, "pause"), (.hugetlb, "huge page limits"),
        ]
        return [head]
            + wanted.map { controller, use in
                let there =
                    hierarchy.placement(of: controller) != nil || (hierarchy.version == .v2 && controller == .devices)
                return HostCheck(
                    name: "\(controller.rawValue) controller",
                    verdict: there ? .ok : .limited,
                    found: there ? "there" : "not there",
                    advice: there ? "" : "no \(use) on this host: profiles that set them need bestEffort"
                )
            }
    }

    private var overlay: HostCheck {
        let there = ((try? Files.readText("/proc/filesystems")) ?? "").contains("overlay")
        return HostCheck(
            name: "overlayfs",
            verdict: there ? .ok : .limited,
            found: there ? "there" : "not there",
            advice: there ? "" : "jails from templates need it: modprobe overlay"
        )
    }

    /// Tried for real on the file system that holds the state: whether it can be shifted depends on it.
    private var idmap: HostCheck {
        let works = HostProbe.canShift(engine.layout.library)
        return HostCheck(
            name: "idmapped mounts",
            verdict: works == nil ? .ok : .missing,
            found: works ?? "work on \(engine.layout.library)",
            advice: works == nil ? "" : "keep BAILEY_ROOT on ext4, xfs, btrfs or, from Linux 6.3, tmpfs"
        )
    }

    /// What `resources.disk` becomes on the file system that holds the jails.
    private var disk: HostCheck {
        switch DiskBinding.find(for: DiskLimit(space: 1 << 30), at: engine.layout.library) {
        case .success(let binding):
            let advice = binding == .image ? DiskBinding.advice(at: engine.layout.library) : ""
            return HostCheck(name: "disk limits", verdict: .ok, found: "by \(binding.rawValue)", advice: advice)
        case .failure(let refusal):
            return HostCheck(
                name: "disk limits",
                verdict: .limited,
                found: refusal.reason,
                advice: "a tenant can fill the disk: install e2fsprogs, or use a file system with quotas"
            )
        }
    }

    private var seccomp: HostCheck {
        let actions = (try? Files.readText("/proc/sys/kernel/seccomp/actions_avail")) ?? ""
        let there = actions.contains("errno")
        return HostCheck(
            name: "seccomp",
            verdict: there ? .ok : .missing,
            found: there ? actions : "not in this kernel",
            advice: there ? "" : "use a kernel with CONFIG_SECCOMP_FILTER"
        )
    }

    private var profiles: HostCheck {
        let names = engine.policies.names
        return HostCheck(
            name: "policies",
            verdict: names.contains("default") ? .ok : .missing,
            found: names.isEmpty ? "none found" : names.joined(separator: " "),
            advice: names.contains("default") ? "" : "install profiles/ to share/bailey, or run from the source tree"
        )
    }

    private var swap: HostCheck {
        let lines = ((try? Files.readText("/proc/swaps")) ?? "").split(separator: "\n").count
        return HostCheck(
            name: "swap",
            verdict: .ok,
            found: lines > 1 ? "\(lines - 1) areas" : "none",
            advice: lines > 1 ? "" : "resources.memory.swap has nothing to limit"
        )
    }
}

/// Trials that leave nothing behind.
enum HostProbe {
    /// Why a directory cannot be shifted, nil when it can.
    static func canShift(_ path: String) -> String? {
        do throws(SyscallError) {
            let tree = try Mounts.clone(path)
            guard let child = try Processes.clone(flags: 0x1000_0000) else {
                // The child only has to exist: its user namespace is what is wanted.
                Events.sleep(milliseconds: 5000)
                Processes.exit(0)
            }
            defer {
                try? Processes.signal(pidfd: child.pidfd.number, SIGKILL)
                _ = try? Processes.reap(child.pid)
            }
            try Namespaces.writeIdentityMaps(of: child.pid, hostBase: IdentityClaim.firstBase, count: 65536)
            let users = try Namespaces.openUserNamespace(of: child.pid)
            try Mounts.shift(tree.number, named: path, by: users.number)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
