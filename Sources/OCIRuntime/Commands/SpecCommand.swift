import Glibc
import JSONText
import LinuxKernel

/// `spec`: a configuration to begin with.
struct SpecCommand {
    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, [.value("bundle", "b"), .flag("rootless")], command: "spec")
        let path = (arguments.value("bundle") ?? ".") + "/config.json"
        let text = Self.json(rootless: arguments.has("rootless")).text(indent: 4) + "\n"
        try attempting("write a configuration") { () throws(SyscallError) in
            let file = try Files.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            try Files.write(file.number, Array(text.utf8), named: path)
        }
        return 0
    }

    static func json(rootless: Bool) -> JSONValue {
        .object([
            ("ociVersion", .string(Version.specification)), ("process", process),
            ("root", .object([("path", .string("rootfs")), ("readonly", .bool(true))])),
            ("hostname", .string("bailey")), ("mounts", .array(mounts(rootless))), ("linux", linux(rootless)),
        ])
    }

    private static var process: JSONValue {
        let capabilities = JSONValue.strings(["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"])
        let limit = JSONValue.object([
            ("type", .string("RLIMIT_NOFILE")), ("hard", .int(1024)), ("soft", .int(1024)),
        ])
        return .object([
            ("terminal", .bool(true)), ("user", .object([("uid", .int(0)), ("gid", .int(0))])),
            ("args", .strings(["sh"])),
            (
                "env",
                .strings(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"])
            ),
            ("cwd", .string("/")),
            (
                "capabilities",
                .object([
                    ("bounding", capabilities), ("effective", capabilities), ("permitted", capabilities),
                ])
            ),
            ("rlimits", .array([limit])), ("noNewPrivileges", .bool(true)),
        ])
    }

    private static func mount(_ target: String, _ type: String, _ source: String, _ options: [String]) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("destination", .string(target)), ("type", .string(type)), ("source", .string(source)),
        ]
        if !options.isEmpty { members.append(("options", .strings(options))) }
        return .object(members)
    }

    private static func mounts(_ rootless: Bool) -> [JSONValue] {
        let plain = ["nosuid", "noexec", "nodev"]
        let terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
        let system =
            rootless
            ? mount("/sys", "none", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"])
            : mount("/sys", "sysfs", "sysfs", plain + ["ro"])
        let kernel = [
            mount("/proc", "proc", "proc", []),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/dev/pts", "devpts", "devpts", terminals + (rootless ? [] : ["gid=5"])),
            mount("/dev/shm", "tmpfs", "shm", plain + ["mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", plain), system,
        ]
        return rootless ? kernel : kernel + [mount("/sys/fs/cgroup", "cgroup", "cgroup", plain + ["relatime", "ro"])]
    }

    private static func linux(_ rootless: Bool) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = []
        func map(_ outside: UInt32) -> JSONValue {
            .array([.object([("containerID", .int(0)), ("hostID", .unsigned(UInt64(outside))), ("size", .int(1))])])
        }
        if rootless {
            members += [("uidMappings", map(Processes.realUser)), ("gidMappings", map(Processes.realGroup))]
        } else {
            let deny = JSONValue.object([("allow", .bool(false)), ("access", .string("rwm"))])
            members.append(("resources", .object([("devices", .array([deny]))])))
        }
        // With v1 the hierarchies of the host are shown as they are, as runc has it.
        let cgroup = CgroupHost.detect().isLegacy ? [] : ["cgroup"]
        let kinds = ["pid"] + (rootless ? ["user"] : ["network"]) + ["ipc", "uts", "mount"] + cgroup
        members.append(("namespaces", .array(kinds.map { .object([("type", .string($0))]) })))
        members.append(
            (
                "maskedPaths",
                .strings([
                    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                    "/proc/timer_list",
                    "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
                ])
            )
        )
        members.append(
            (
                "readonlyPaths",
                .strings(["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
            )
        )
        return .object(members)
    }
}
