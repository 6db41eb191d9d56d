/// A flag of `bailey run` that sets one key of the spec.
///
/// The one place where such flags are listed.
package struct SpecFlag: Equatable, Sendable {
    /// `--memory`.
    package let long: String
    /// `-e`, where there is one.
    package let short: String?
    /// The key below `spec`.
    package let keyPath: String
    /// What the value is called in help.
    package let value: String
    /// One line of help.
    package let help: String

    private init(_ long: String, _ short: String? = nil, _ keyPath: String, _ value: String, _ help: String) {
        (self.long, self.short, self.keyPath, self.value, self.help) = (long, short, keyPath, value, help)
    }

    /// In the order of help.
    package static let all: [SpecFlag] = [
        SpecFlag("--name", nil, "metadata.name", "NAME", "Name of the jail; made up when left out."),
        SpecFlag("--tenant", nil, "metadata.tenant", "TENANT", "Whose jail it is."),
        SpecFlag("--label", "-l", "metadata.labels", "NAME=VALUE", "A note for listing; may be repeated."),
        SpecFlag("--template", nil, "template", "TEMPLATE", "Template the root comes from."),
        SpecFlag("--rootfs", nil, "rootfs", "DIR", "Directory of the host that is the root."),
        SpecFlag("--backend", nil, "backend", "BACKEND", "What runs it: jail."),
        SpecFlag("--init", nil, "init", "app|system", "Who is PID 1: bailey-init, or the rootfs' own init."),
        SpecFlag("--env", "-e", "environment", "NAME=VALUE", "A variable for the guest; may be repeated."),
        SpecFlag("--volume", "-v", "mounts", "SRC:DST[:ro]", "A bind mount or tmpfs; may be repeated."),
        SpecFlag("--tmpfs", nil, "mounts", "DST", "A tmpfs; may be repeated."),
        SpecFlag("--workdir", "-w", "workingDirectory", "DIR", "Where the command starts, inside."),
        SpecFlag("--user", "-u", "user", "USER[:GROUP]", "Whom the command runs as, inside."),
        SpecFlag("--hostname", nil, "hostname", "NAME", "What the jail calls itself."),
        SpecFlag("--memory", "-m", "resources.memory.max", "SIZE", "Most memory, such as 512MiB."),
        SpecFlag("--memory-swap", nil, "resources.memory.swap", "SIZE", "Most swap beyond --memory."),
        SpecFlag("--cpus", nil, "resources.cpu.max", "CPUS", "Most processor time, such as 1.5 or 150%."),
        SpecFlag("--cpu-weight", nil, "resources.cpu.weight", "N", "Share when CPUs are short, 1 to 10000."),
        SpecFlag("--cpuset-cpus", nil, "resources.cpu.cpus", "LIST", "Processors it may run on, such as 0-1."),
        SpecFlag("--pids", nil, "resources.pids.max", "N", "Most processes and threads."),
        SpecFlag("--disk", nil, "resources.disk.space", "SIZE", "Most bytes its files take, such as 5GiB."),
        SpecFlag("--inodes", nil, "resources.disk.inodes", "N", "Most files and directories."),
        SpecFlag("--cap-add", nil, "security.capabilities.add", "CAP", "A capability more; may be repeated."),
        SpecFlag("--cap-drop", nil, "security.capabilities.drop", "CAP", "A capability less, or ALL."),
        SpecFlag("--seccomp", nil, "security.seccomp", "POLICY", "Policy of system calls, a path, or unconfined."),
        SpecFlag("--ulimit", nil, "limits", "NAME=SOFT[:HARD]", "A limit of each process; may be repeated."),
        SpecFlag("--sysctl", nil, "sysctls", "NAME=VALUE", "A kernel parameter of its namespaces."),
        SpecFlag("--shm-size", nil, "shm.size", "SIZE", "Size of /dev/shm."),
        SpecFlag("--add-host", nil, "hosts", "NAME:ADDRESS", "A line of /etc/hosts; may be repeated."),
        SpecFlag("--network", nil, "network", "NETWORK", "A network by name, or none, host, bridge, routed, shared."),
        SpecFlag("--publish", "-p", "network.publish", "[IP:]PORT:PORT", "A port of the host that leads in."),
        SpecFlag("--ip", nil, "network.addresses", "ADDRESS", "Its IPv4 address in its network."),
        SpecFlag("--ip6", nil, "network.addresses", "ADDRESS", "Its IPv6 address in its network."),
        SpecFlag("--dns", nil, "dns.servers", "ADDRESS", "A name server; may be repeated."),
        SpecFlag("--best-effort", nil, "bestEffort", "KEY", "A limit that may go unenforced on this host."),
    ]

    package static func named(_ name: String) -> SpecFlag? { all.first { $0.long == name || $0.short == name } }
}
