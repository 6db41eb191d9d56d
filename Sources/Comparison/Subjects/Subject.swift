/// One way to run the program: how it is started, kept still while others are measured, and what is to be done after it.
public struct Subject: Sendable {
    /// As flags and reports call it.
    public let name: String
    /// What it is, for people.
    public let title: String
    /// Starts the program; its streams are those of nanobench.
    var command: [String] = []
    /// Stops and goes on, where it works even while nobody asks; empty elsewhere.
    var pause: [String] = []
    var resume: [String] = []
    /// Removes what a start that was killed may have left.
    var cleanUp: [[String]] = []
    /// How long until its first line, ms.
    var patience: Int64 = 20_000
    /// Why it cannot even be tried here.
    var reason: String?
}

/// Which subjects there are, and what each needs.
struct SubjectCatalog {
    /// The `bailey` program.
    let bailey: String
    /// The folder that is the root of every subject: nanobench and what a root file system must have.
    let root: String
    /// Distinguishes this run's names from another's.
    let tag: String

    static let names = [
        "native", "native'", "shim", "jail", "jail-seccomp", "jail-limits", "jail-network", "kvm", "tcg", "uml", "crun",
        "podman",
    ]
    /// Jails with one wall taken away.
    static let ablations = ["jail-seccomp", "jail-limits", "jail-network"]
    static let usual = ["native", "native'", "jail", "kvm", "tcg", "uml", "crun", "podman"]

    private static let program = ["/nanobench", "serve"]
    private static let limits = ["--memory", "512MiB", "--pids", "512"]

    func subject(_ name: String, find: (String) -> String?) -> Subject {
        switch name {
        case "native": return native(name, "on the host")
        case "native'": return native(name, "on the host again: the noise")
        case "shim": return native(name, "on the host, slowed by 20 % on purpose", shim: "20")
        case "jail": return jail(name, "in a jail", Self.limits)
        case "jail-seccomp":
            return jail(name, "jail without system call filter", Self.limits + ["--seccomp", "unconfined"])
        case "jail-limits": return jail(name, "jail without memory and process limits", [])
        case "jail-network": return jail(name, "jail in the host's network", Self.limits + ["--network", "host"])
        case "kvm": return machine(name, "virtual machine, processor's own (KVM)")
        case "tcg": return machine(name, "virtual machine, software emulation (TCG)")
        case "uml":
            return Subject(name: name, title: "User-mode Linux", reason: "bailey has no User-mode Linux backend yet")
        case "crun": return crun(name, find("crun"))
        default: return podman(name, find("podman"))
        }
    }

    /// Start of another, short-lived instance beside the one that runs.
    func instance(_ name: String, _ number: Int, find: (String) -> String?) -> Subject {
        SubjectCatalog(bailey: bailey, root: root, tag: "\(tag)-\(number)").subject(name, find: find)
    }

    private func native(_ name: String, _ title: String, shim: String? = nil) -> Subject {
        var subject = Subject(name: name, title: title)
        subject.command = ["env", "-C", root + "/tmp", root + "/nanobench", "serve"] + (shim.map { [$0] } ?? [])
        return subject
    }

    private func jail(_ name: String, _ title: String, _ flags: [String]) -> Subject {
        var subject = Subject(name: name, title: title)
        let own = "\(tag)-\(name)"
        subject.command =
            [bailey, "run", "--rm", "-i", "--name", own, "--rootfs", root, "-w", "/tmp"] + flags + ["--"]
            + Self.program
        subject.cleanUp = [[bailey, "rm", "--force", own]]
        return subject
    }

    private func machine(_ name: String, _ title: String) -> Subject {
        var subject = jail(name, title, ["--backend", name, "--memory", "512MiB"])
        subject.pause = [bailey, "pause", "\(tag)-\(name)"]
        subject.resume = [bailey, "resume", "\(tag)-\(name)"]
        subject.patience = 120_000
        return subject
    }

    private func crun(_ name: String, _ path: String?) -> Subject {
        var subject = Subject(name: name, title: "crun, default namespaces, no filter")
        guard let path else {
            subject.reason = "crun is not installed: apt-get install crun"
            return subject
        }
        let own = "\(tag)-\(name)"
        subject.command = [path, "run", "--bundle", root + "/../bundle", own]
        subject.cleanUp = [[path, "delete", "--force", own]]
        return subject
    }

    private func podman(_ name: String, _ path: String?) -> Subject {
        var subject = Subject(name: name, title: "podman with its defaults")
        guard let path else {
            subject.reason = "podman is not installed: apt-get install podman"
            return subject
        }
        let own = "\(tag)-\(name)"
        subject.command =
            [path, "run", "--rm", "-i", "--name", own, "--network", "none", "-w", "/tmp", "--rootfs", root]
            + Self.program
        subject.cleanUp = [[path, "rm", "--force", "--time", "0", "--ignore", own]]
        subject.patience = 60_000
        return subject
    }

    /// What crun is told: the namespaces and kernel files that `crun spec` has, and the same program.
    static func bundle(root: String) -> String {
        func mount(_ target: String, _ type: String, _ options: String) -> String {
            "{\"destination\":\"\(target)\",\"type\":\"\(type)\",\"source\":\"\(type)\",\"options\":[\(options)]}"
        }
        let kinds = ["pid", "network", "ipc", "uts", "mount", "cgroup"].map { "{\"type\":\"\($0)\"}" }
        let mounts = [
            mount("/proc", "proc", ""), mount("/dev", "tmpfs", "\"nosuid\",\"mode=755\""),
            mount("/dev/pts", "devpts", "\"newinstance\",\"ptmxmode=0666\""),
            mount("/dev/shm", "tmpfs", "\"mode=1777\""),
            mount("/sys", "sysfs", "\"nosuid\",\"noexec\",\"nodev\",\"ro\""),
        ]
        return """
            {"ociVersion":"1.0.0","process":{"terminal":false,"user":{"uid":0,"gid":0},"cwd":"/tmp","noNewPrivileges":true,\
            "args":["/nanobench","serve"],"env":["PATH=/bin"]},"root":{"path":"\(root)"},"hostname":"crun",\
            "mounts":[\(mounts.joined(separator: ","))],"linux":{"namespaces":[\(kinds.joined(separator: ","))]}}
            """
    }
}
