extension Schema {
    /// Where the jail comes from, what runs it, the program and what it finds.
    static let program: [Key] = [
        .value(
            "template",
            { $1(&$0.template) },
            .template,
            About(
                summary: "The template that the rootfs comes from; excludes rootfs.",
                knob: "lower layers of the overlay at /",
                part: .launcher,
                otherNames: ["image", "base", "source"]
            )
        ),
        .value(
            "rootfs",
            { $1(&$0.rootfs) },
            .path,
            About(
                summary: "A directory of the host that is the rootfs; excludes template.",
                knob: "pivot_root(2)",
                part: .launcher,
                otherNames: ["root", "rootDirectory", "path"]
            )
        ),
        .defaulted(
            "backend",
            { $1(&$0.backend) },
            .choice(of: Backend.self),
            About(
                summary: "What runs the guest: a jail, or a virtual machine (vm takes the best that works here).",
                knob: "none",
                part: .hypervisor,
                fallback: "jail",
                otherNames: ["runtime", "type", "virtualization"]
            )
        ),
        .defaulted(
            "init",
            { $1(&$0.initMode) },
            .choice(of: InitMode.self),
            About(
                summary: "Who is PID 1: app runs the command under bailey-init, system boots the rootfs' own init.",
                knob: "clone3(2) CLONE_NEWPID",
                part: .launcher,
                fallback: "app"
            )
        ),
        .list(
            "command",
            { $1(&$0.command) },
            .text,
            About(
                summary: "The program and its arguments; no shell is involved.",
                knob: "execve(2)",
                part: .launcher,
                fallback: "none; /sbin/init with init: system",
                otherNames: ["cmd", "args", "entrypoint", "exec", "process"]
            ),
            shown: { $0.effectiveCommand }
        ),
        .defaulted(
            "workingDirectory",
            { $1(&$0.workingDirectory) },
            .path,
            About(
                summary: "Where the program starts, a path in the jail.",
                knob: "chdir(2)",
                part: .launcher,
                fallback: "/",
                otherNames: ["workdir", "working_dir", "cwd"]
            )
        ),
        .defaulted(
            "user",
            { $1(&$0.user) },
            .user,
            About(
                summary: "Whom the program runs as, by name or number in the jail.",
                knob: "setresuid(2), setresgid(2), setgroups(2)",
                part: .launcher,
                fallback: "0:0",
                otherNames: ["uid", "runAsUser"]
            )
        ),
        .value(
            "hostname",
            { $1(&$0.hostname) },
            .hostName,
            About(
                summary: "What the jail calls itself.",
                knob: "sethostname(2) in the UTS namespace",
                part: .launcher,
                fallback: "the name of the jail",
                otherNames: ["host", "utsname"]
            ),
            shown: { $0.effectiveHostname }
        ),
        .map(
            "environment",
            { $1(&$0.environment) },
            type: "mapping of name to text",
            About(
                summary: "Variables of the program's environment; null takes an inherited one away.",
                knob: "execve(2)",
                part: .launcher,
                fallback: "PATH only",
                otherNames: ["env", "environ", "variables"]
            ),
            item: { name, value, _ throws(ValueProblem) in try EnvironmentVariable(checking: name, value) }
        ),
    ]
}
