extension Schema {
    /// Files, limits of processes, kernel parameters.
    static let files: [Key] = [
        .records(
            "mounts",
            { $1(&$0.mounts) },
            .mount,
            About(
                summary: "Files of the host, and file systems in memory, that appear in the jail.",
                knob: "open_tree(2), mount_setattr(2), move_mount(2)",
                part: .launcher,
                otherNames: ["volumes", "volume", "binds", "tmpfs", "bindMounts"]
            )
        ),
        .defaulted(
            "shm.size",
            { $1(&$0.sharedMemory) },
            .size(within: 4096...1 << 60),
            About(
                summary: "The size of /dev/shm.",
                knob: "tmpfs(5) size=",
                part: .launcher,
                fallback: "64MiB",
                otherNames: ["shmSize"]
            )
        ),
        .map(
            "limits",
            { $1(&$0.limits) },
            type: "mapping of resource to LIMIT or SOFT:HARD",
            candidates: ResourceLimit.Resource.allCases.map(\.rawValue),
            About(
                summary: "Limits of each process: nofile, nproc, core and so on, or unlimited.",
                knob: "prlimit(2)",
                part: .launcher,
                fallback: "the launcher's own",
                otherNames: ["ulimits", "rlimits"]
            ),
            item: { name, value, rules throws(ValueProblem) in
                try ResourceLimit(name: name, value: value, flag: rules.flag)
            }
        ),
        .value(
            "oomScore",
            { $1(&$0.oomScore) },
            .integer(-1000...1000),
            About(
                summary: "Added to the badness by which the kernel picks whom to kill when the host is out of memory.",
                knob: "/proc/PID/oom_score_adj",
                part: .launcher,
                fallback: "0",
                otherNames: ["oomScoreAdj", "oomScoreAdjust"]
            )
        ),
        .map(
            "sysctls",
            { $1(&$0.kernelParameters) },
            type: "mapping of name to text",
            About(
                summary: "Kernel parameters of the jail's own network and IPC namespaces.",
                knob: "/proc/sys in the jail",
                part: .launcher,
                otherNames: ["sysctl", "kernelParameters"]
            ),
            item: { name, value, _ throws(ValueProblem) in try KernelParameter(checking: name, value) }
        ),
    ]

    /// How the jail ends and is watched.
    static let life: [Key] = [
        .value(
            "stop.signal",
            { $1(&$0.stop.signal) },
            .signal,
            About(
                summary: "The signal that asks PID 1 to end.",
                knob: "pidfd_send_signal(2)",
                part: .launcher,
                fallback: "SIGTERM; SIGPWR with init: system",
                otherNames: ["stopSignal", "killSignal"]
            ),
            shown: { $0.effectiveStopSignal }
        ),
        .value(
            "stop.grace",
            { $1(&$0.stop.grace) },
            .time(atMost: .seconds(86_400)),
            About(
                summary: "How long it has before everything in it is killed.",
                knob: "cgroup.kill (v2), SIGKILL to each process (v1)",
                part: .launcher,
                fallback: "10s; 30s with init: system",
                otherNames: ["stopTimeout", "stopGracePeriod", "timeout"]
            ),
            shown: { $0.effectiveStopGrace }
        ),
        .defaulted(
            "restart.policy",
            { $1(&$0.restart.policy) },
            .choice(of: RestartPolicy.self),
            About(
                summary: "When a jail that ended is started again.",
                knob: "none",
                part: .supervisor,
                fallback: "no",
                otherNames: ["restartPolicy"]
            )
        ),
        .defaulted(
            "restart.delay",
            { $1(&$0.restart.delay) },
            .time(TimeSpan(microseconds: 1000), atMost: .seconds(86_400)),
            About(
                summary: "The pause before the first restart; doubled for each that follows soon.",
                knob: "none",
                part: .supervisor,
                fallback: "1s",
                otherNames: ["restartSec", "backoff"]
            )
        ),
        .defaulted(
            "restart.maxDelay",
            { $1(&$0.restart.maxDelay) },
            .time(TimeSpan(microseconds: 1000), atMost: .seconds(86_400)),
            About(summary: "The longest pause.", knob: "none", part: .supervisor, fallback: "60s")
        ),
        .defaulted(
            "restart.limit",
            { $1(&$0.restart.limit) },
            .integer(0...1_000_000),
            About(
                summary: "Restarts in a row, each soon after the one before, after which it is left alone; 0: never.",
                knob: "none",
                part: .supervisor,
                fallback: "10",
                otherNames: ["maximumRetryCount", "startLimitBurst"]
            )
        ),
        .set(
            "requires",
            { $1(&$0.requires) },
            .name,
            About(
                summary: "Jails that must run before it is started; they are started with it.",
                knob: "none",
                part: .supervisor,
                otherNames: ["depends_on", "dependsOn"]
            )
        ),
        .set(
            "after",
            { $1(&$0.after) },
            .name,
            About(
                summary: "Jails that are started before it at the host's start, where both are.",
                knob: "none",
                part: .supervisor
            )
        ),
        .value(
            "health.http",
            { $1(&$0.health.http) },
            .probeURL,
            About(
                summary: "A page that answers with a status below 400 while the jail is well.",
                knob: "none",
                part: .supervisor,
                otherNames: ["healthcheck", "httpGet"]
            )
        ),
        .value(
            "health.tcp",
            { $1(&$0.health.tcp) },
            .probeEndpoint,
            About(
                summary: "A port that accepts connections while the jail is well.",
                knob: "none",
                part: .supervisor,
                otherNames: ["tcpSocket", "port"]
            )
        ),
        .list(
            "health.exec",
            { $1(&$0.health.exec) },
            .text,
            About(
                summary: "A command that exits with 0 inside the jail while it is well.",
                knob: "setns(2)",
                part: .supervisor,
                otherNames: ["test"]
            )
        ),
        .defaulted(
            "health.interval",
            { $1(&$0.health.interval) },
            .time(TimeSpan(microseconds: 100_000), atMost: .seconds(86_400)),
            About(
                summary: "How often the check is made, and how long one may take.",
                knob: "none",
                part: .supervisor,
                fallback: "30s",
                otherNames: ["period", "periodSeconds"]
            )
        ),
        .defaulted(
            "health.failures",
            { $1(&$0.health.failures) },
            .integer(1...1000),
            About(
                summary: "How many failures in a row count.",
                knob: "none",
                part: .supervisor,
                fallback: "3",
                otherNames: ["retries", "failureThreshold"]
            )
        ),
        .defaulted(
            "health.action",
            { $1(&$0.health.action) },
            .choice(of: HealthAction.self),
            About(summary: "What then happens.", knob: "none", part: .supervisor, fallback: "restart")
        ),
        .defaulted(
            "logs.maxSize",
            { $1(&$0.logs.maxSize) },
            .size(within: 4096...1 << 40),
            About(
                summary: "The size at which a file of output is rotated.",
                knob: "none",
                part: .launcher,
                fallback: "10MiB",
                otherNames: ["maxFileSize", "logSize"]
            )
        ),
        .defaulted(
            "logs.files",
            { $1(&$0.logs.files) },
            .integer(1...100),
            About(
                summary: "How many files of output are kept, the one being written included.",
                knob: "none",
                part: .launcher,
                fallback: "3",
                otherNames: ["maxFile", "maxFiles"]
            )
        ),
        .set(
            "bestEffort",
            { $1(&$0.bestEffort) },
            .resourceKey,
            About(
                summary:
                    "Keys below resources (or whole sections) that a host may be unable to enforce: a warning then.",
                knob: "none",
                part: .launcher,
                otherNames: ["optional"]
            )
        ),
    ]
}

extension ValueType where Value == String {
    /// The path of a key or section below `resources`.
    static var resourceKey: ValueType {
        ValueType(name: "key below resources", candidates: []) { text, _ throws(ValueProblem) in
            let path = text.hasPrefix("spec.") ? String(text.dropFirst(5)) : text
            guard Schema.place(path) != nil, path == "resources" || path.hasPrefix("resources.") else {
                let known = Schema.keys.lazy.map(\.path).filter { $0.hasPrefix("resources.") }
                let near =
                    Suggestion.nearest(to: path, among: known)
                    ?? Suggestion.nearest(to: "resources." + path, among: known)
                throw ValueProblem("\(text.quoted) is not a key below resources", suggestion: near)
            }
            return path
        }
    }
}
