/// What `--help` and `--version` print.
enum HelpText {
    static let version = """
        bailey-oci version \(Version.program)
        spec: \(Version.specification)
        +SECCOMP +CGROUPV1 +CGROUPV2 +IDMAP
        """

    static let program = """
        NAME:
           bailey-oci - run OCI containers as Bailey jails

        USAGE:
           bailey-oci [global options] command [command options] [arguments...]

        VERSION:
           \(Version.program), runtime specification \(Version.specification)

        COMMANDS:
           create    make a container that waits to be started
           start     run the program of a created container
           run       create and start a container
           state     print the state of a container
           kill      send a signal to a container (default: SIGTERM)
           delete    remove a container that has stopped
           exec      run one more program in a container
           list      list containers
           ps        list the processes of a container
           pause     stop all processes of a container where they are
           resume    let them go on
           update    change limits of a running container
           events    print statistics of a container
           features  print what this runtime can do
           spec      write a new config.json

        GLOBAL OPTIONS:
           --root DIR              where the state of containers is (default: /run/bailey-oci)
           --log FILE              where messages go besides standard error
           --log-format text|json  their form (default: text)
           --debug                 say more
           --systemd-cgroup        refused: cgroups are written directly
           --cgroup-manager NAME   cgroupfs or disabled
           --version, -v           print the version
           --help, -h              show this text, or a command's
        """

    private static func usage(_ name: String, _ words: String, _ what: String, _ options: [String]) -> String {
        """
        NAME:
           bailey-oci \(name) - \(what)

        USAGE:
           bailey-oci \(name) [command options] \(words)

        OPTIONS:
        \(options.map { "   " + $0 }.joined(separator: "\n"))
        """
    }

    private static let creation = [
        "--bundle DIR, -b DIR   directory with config.json (default: the working directory)",
        "--config FILE, -f FILE read this file instead of DIR/config.json",
        "--console-socket PATH  socket that gets the terminal's descriptor",
        "--pid-file FILE        write the first process' id here",
        "--no-pivot             move the root instead of pivot_root",
        "--no-new-keyring       keep the caller's session keyring",
        "--preserve-fds N       pass descriptors 3 to 2+N on",
    ]

    static let commands: [String: String] = [
        "create": usage("create", "<container-id>", "make a container that waits to be started", creation),
        "run": usage(
            "run",
            "<container-id>",
            "create and start a container",
            creation + [
                "--detach, -d           do not wait for its end", "--keep                 keep it after its end",
            ]
        ),
        "start": usage("start", "<container-id>", "run the program of a created container", []),
        "state": usage("state", "<container-id>", "print the state of a container", []),
        "kill": usage(
            "kill",
            "<container-id> [signal]",
            "send a signal to a container",
            [
                "--all, -a              to all of its processes",
                "--regex, -r            to all whose id matches (refused)",
            ]
        ),
        "delete": usage(
            "delete",
            "<container-id>",
            "remove a container that has stopped",
            ["--force, -f            end it first; no error if there is none"]
        ),
        "exec": usage(
            "exec",
            "<container-id> <command> [command options]",
            "run one more program in a container",
            [
                "--process FILE, -p FILE  its process object", "--cwd DIR                working directory",
                "--env NAME=VALUE, -e     one more variable", "--user UID[:GID], -u     who it runs as",
                "--additional-gids GID, -g  one more group", "--cap CAP, -c            one more capability",
                "--tty, -t                give it a terminal", "--console-socket PATH    socket that gets it",
                "--detach, -d             do not wait for its end", "--pid-file FILE          write its id here",
                "--preserve-fds N         pass descriptors on", "--no-new-privs           no_new_privs",
                "--apparmor PROFILE       AppArmor profile", "--process-label LABEL    SELinux label",
                "--cgroup PATH            group below the container's", "--ignore-paused          also when paused",
            ]
        ),
        "list": usage(
            "list",
            "",
            "list containers",
            ["--format table|json, -f  form (default: table)", "--quiet, -q              ids only"]
        ),
        "ps": usage(
            "ps",
            "<container-id> [ps options]",
            "list the processes of a container",
            ["--format table|json, -f  form (default: table)"]
        ),
        "pause": usage("pause", "<container-id>", "stop all processes of a container", []),
        "resume": usage("resume", "<container-id>", "let the processes of a container go on", []),
        "update": usage(
            "update",
            "<container-id>",
            "change limits of a running container",
            [
                "--resources FILE, -r FILE   resources as in config.json; - for standard input",
                "--memory, --memory-swap, --memory-reservation, --kernel-memory, --kernel-memory-tcp BYTES",
                "--cpu-share, --cpu-quota, --cpu-period, --cpu-burst, --cpu-rt-period, --cpu-rt-runtime, --cpu-idle N",
                "--cpuset-cpus, --cpuset-mems LIST", "--pids-limit N", "--blkio-weight N",
            ]
        ),
        "events": usage(
            "events",
            "<container-id>",
            "print statistics of a container",
            ["--stats                once, and end", "--interval TIME        between two of them (default: 5s)"]
        ),
        "features": usage("features", "", "print what this runtime can do, as JSON", []),
        "spec": usage(
            "spec",
            "",
            "write a new config.json",
            ["--bundle DIR, -b DIR   where (default: the working directory)", "--rootless             for a user"]
        ),
    ]
}
