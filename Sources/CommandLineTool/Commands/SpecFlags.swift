import ArgumentParser
import StartCommands

/// The flags of ``SpecFlag`` for the argument parser, which wants a property for each.
///
/// A test compares the two.
struct SpecFlags: ParsableArguments {
    @Option(
        name: [.customLong("name")],
        help: ArgumentHelp("Name of the jail; made up when left out.", valueName: "NAME")
    )
    var name: [String] = []

    @Option(name: [.customLong("tenant")], help: ArgumentHelp("Whose jail it is.", valueName: "TENANT"))
    var tenant: [String] = []

    @Option(
        name: [.customLong("label"), .customShort("l")],
        help: ArgumentHelp("A note for listing; may be repeated.", valueName: "NAME=VALUE")
    )
    var label: [String] = []

    @Option(name: [.customLong("template")], help: ArgumentHelp("Template the root comes from.", valueName: "TEMPLATE"))
    var template: [String] = []

    @Option(
        name: [.customLong("rootfs")],
        help: ArgumentHelp("Directory of the host that is the root.", valueName: "DIR")
    )
    var rootfs: [String] = []

    @Option(name: [.customLong("backend")], help: ArgumentHelp("What runs it: jail.", valueName: "BACKEND"))
    var backend: [String] = []

    @Option(
        name: [.customLong("init")],
        help: ArgumentHelp("Who is PID 1: bailey-init, or the rootfs' own init.", valueName: "app|system")
    )
    var initMode: [String] = []

    @Option(
        name: [.customLong("env"), .customShort("e")],
        help: ArgumentHelp("A variable for the guest; may be repeated.", valueName: "NAME=VALUE")
    )
    var env: [String] = []

    @Option(
        name: [.customLong("volume"), .customShort("v")],
        help: ArgumentHelp("A bind mount or tmpfs; may be repeated.", valueName: "SRC:DST[:ro]")
    )
    var volume: [String] = []

    @Option(name: [.customLong("tmpfs")], help: ArgumentHelp("A tmpfs; may be repeated.", valueName: "DST"))
    var tmpfs: [String] = []

    @Option(
        name: [.customLong("workdir"), .customShort("w")],
        help: ArgumentHelp("Where the command starts, inside.", valueName: "DIR")
    )
    var workdir: [String] = []

    @Option(
        name: [.customLong("user"), .customShort("u")],
        help: ArgumentHelp("Whom the command runs as, inside.", valueName: "USER[:GROUP]")
    )
    var user: [String] = []

    @Option(name: [.customLong("hostname")], help: ArgumentHelp("What the jail calls itself.", valueName: "NAME"))
    var hostname: [String] = []

    @Option(
        name: [.customLong("memory"), .customShort("m")],
        help: ArgumentHelp("Most memory, such as 512MiB.", valueName: "SIZE")
    )
    var memory: [String] = []

    @Option(name: [.customLong("memory-swap")], help: ArgumentHelp("Most swap beyond --memory.", valueName: "SIZE"))
    var memorySwap: [String] = []

    @Option(
        name: [.customLong("cpus")],
        help: ArgumentHelp("Most processor time, such as 1.5 or 150%.", valueName: "CPUS")
    )
    var cpus: [String] = []

    @Option(
        name: [.customLong("cpu-weight")],
        help: ArgumentHelp("Share when CPUs are short, 1 to 10000.", valueName: "N")
    )
    var cpuWeight: [String] = []

    @Option(
        name: [.customLong("cpuset-cpus")],
        help: ArgumentHelp("Processors it may run on, such as 0-1.", valueName: "LIST")
    )
    var cpusetCpus: [String] = []

    @Option(name: [.customLong("pids")], help: ArgumentHelp("Most processes and threads.", valueName: "N"))
    var pids: [String] = []

    @Option(
        name: [.customLong("disk")],
        help: ArgumentHelp("Most bytes its files take, such as 5GiB.", valueName: "SIZE")
    )
    var disk: [String] = []

    @Option(name: [.customLong("inodes")], help: ArgumentHelp("Most files and directories.", valueName: "N"))
    var inodes: [String] = []

    @Option(name: [.customLong("cap-add")], help: ArgumentHelp("A capability more; may be repeated.", valueName: "CAP"))
    var capAdd: [String] = []

    @Option(name: [.customLong("cap-drop")], help: ArgumentHelp("A capability less, or ALL.", valueName: "CAP"))
    var capDrop: [String] = []

    @Option(
        name: [.customLong("seccomp")],
        help: ArgumentHelp("Policy of system calls, a path, or unconfined.", valueName: "POLICY")
    )
    var seccomp: [String] = []

    @Option(
        name: [.customLong("ulimit")],
        help: ArgumentHelp("A limit of each process; may be repeated.", valueName: "NAME=SOFT[:HARD]")
    )
    var ulimit: [String] = []

    @Option(
        name: [.customLong("sysctl")],
        help: ArgumentHelp("A kernel parameter of its namespaces.", valueName: "NAME=VALUE")
    )
    var sysctl: [String] = []

    @Option(name: [.customLong("shm-size")], help: ArgumentHelp("Size of /dev/shm.", valueName: "SIZE"))
    var shmSize: [String] = []

    @Option(
        name: [.customLong("add-host")],
        help: ArgumentHelp("A line of /etc/hosts; may be repeated.", valueName: "NAME:ADDRESS")
    )
    var addHost: [String] = []

    @Option(
        name: [.customLong("network")],
        help: ArgumentHelp("A network by name, or none, host, bridge, routed, shared.", valueName: "NETWORK")
    )
    var network: [String] = []

    @Option(
        name: [.customLong("publish"), .customShort("p")],
        help: ArgumentHelp("A port of the host that leads in.", valueName: "[IP:]PORT:PORT")
    )
    var publish: [String] = []

    @Option(name: [.customLong("ip")], help: ArgumentHelp("Its IPv4 address in its network.", valueName: "ADDRESS"))
    var ip: [String] = []

    @Option(name: [.customLong("ip6")], help: ArgumentHelp("Its IPv6 address in its network.", valueName: "ADDRESS"))
    var ip6: [String] = []

    @Option(name: [.customLong("dns")], help: ArgumentHelp("A name server; may be repeated.", valueName: "ADDRESS"))
    var dns: [String] = []

    @Option(
        name: [.customLong("best-effort")],
        help: ArgumentHelp("A limit that may go unenforced on this host.", valueName: "KEY")
    )
    var bestEffort: [String] = []

    /// What was given, in the order of the table; the order between different flags does not matter to a spec.
    var settings: [RunOptions.Setting] {
        let given: [(String, [String])] = [
            ("--name", name),
            ("--tenant", tenant),
            ("--label", label),
            ("--template", template),
            ("--rootfs", rootfs),
            ("--backend", backend),
            ("--init", initMode),
            ("--env", env),
            ("--volume", volume),
            ("--tmpfs", tmpfs),
            ("--workdir", workdir),
            ("--user", user),
            ("--hostname", hostname),
            ("--memory", memory),
            ("--memory-swap", memorySwap),
            ("--cpus", cpus),
            ("--cpu-weight", cpuWeight),
            ("--cpuset-cpus", cpusetCpus),
            ("--pids", pids),
            ("--disk", disk),
            ("--inodes", inodes),
            ("--cap-add", capAdd),
            ("--cap-drop", capDrop),
            ("--seccomp", seccomp),
            ("--ulimit", ulimit),
            ("--sysctl", sysctl),
            ("--shm-size", shmSize),
            ("--add-host", addHost),
            ("--network", network),
            ("--publish", publish),
            ("--ip", ip),
            ("--ip6", ip6),
            ("--dns", dns),
            ("--best-effort", bestEffort),
        ]
        return given.flatMap { name, texts in
            SpecFlag.named(name).map { flag in texts.map { RunOptions.Setting(flag: flag, text: $0) } } ?? []
        }
    }
}
