import Glibc
import Launcher
import LinuxKernel

/// Everything that the global options decide.
struct Runtime {
    var store: StateStore
    var log: Log
    var usesSystemd = false
    var withoutCgroups = false
}

/// The program: reads the line, carries it out, and says how that went.
public enum OCIProgram {
    /// Runs one command.
    ///
    /// - Returns: The exit status.
    public static func run(_ words: [String]) -> Int32 {
        var log = Log()
        do throws(RuntimeError) {
            return try run(words, &log)
        } catch {
            log.error(error.description)
            return error.status
        }
    }

    private static let options: [OptionSpec] = [
        .value("root"), .value("log"), .value("log-format"), .value("log-level"), .value("criu"), .value("rootless"),
        .value("cgroup-manager"), .flag("systemd-cgroup"), .flag("debug"), .flag("version", "v"), .flag("help", "h"),
    ]

    private static func run(_ words: [String], _ log: inout Log) throws(RuntimeError) -> Int32 {
        // Options end at the command, which is the first word that is none.
        let global = try Arguments(words.dropFirst(), options, stopsAt: 1, command: "bailey-oci")
        try configure(&log, global)
        if global.has("version") {
            Output.print(HelpText.version)
            return 0
        }
        guard let command = global.positional.first, !(global.has("help") && global.positional.isEmpty) else {
            Output.print(HelpText.program)
            return global.has("help") || words.count < 2 ? 0 : 1
        }
        var runtime = Runtime(store: StateStore(root: try stateRoot(global)), log: log)
        let manager = global.value("cgroup-manager")
        runtime.usesSystemd = global.has("systemd-cgroup") || manager == "systemd"
        runtime.withoutCgroups = manager == "disabled"
        if let manager, !["cgroupfs", "systemd", "disabled"].contains(manager) {
            throw RuntimeError("--cgroup-manager \(manager): use cgroupfs or disabled")
        }
        return try Command.run(command, global.rest, runtime)
    }

    private static func configure(_ log: inout Log, _ global: Arguments) throws(RuntimeError) {
        log.isVerbose = global.has("debug") || global.value("log-level") == "debug"
        switch global.value("log-format") {
        case nil, "text": log.form = .text
        case "json": log.form = .json
        case let other?: throw RuntimeError("--log-format \(other): use text or json")
        }
        guard var path = global.value("log"), !path.isEmpty else { return }
        if path.hasPrefix("file:") { path = String(path.dropFirst(5)) }
        // The journal and syslog are crun's extras; messages then go to standard error alone.
        if path.hasPrefix("syslog:") || path.hasPrefix("journald:") { return }
        log.file = try attempting("open the log") { () throws(SyscallError) in
            // Out of the way of descriptors that the caller wants passed on.
            let file = try Files.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
            return try Descriptors.duplicate(file.number, from: 20)
        }
    }

    private static func stateRoot(_ global: Arguments) throws(RuntimeError) -> String {
        if let root = global.value("root") {
            if root.hasPrefix("/") { return root }
            let current = try attempting("find the working directory") { () throws(SyscallError) in
                try ProcessAttributes.currentDirectory()
            }
            return current + "/" + root
        }
        if CgroupAccess.isHostRoot { return "/run/bailey-oci" }
        if let own = Environment.value("XDG_RUNTIME_DIR") { return own + "/bailey-oci" }
        return Processes.effectiveUser == 0 ? "/run/bailey-oci" : "/tmp/bailey-oci-\(Processes.realUser)"
    }
}

/// Standard output.
enum Output {
    static func print(_ text: String) {
        try? Files.write(1, Array((text + "\n").utf8), named: "standard output")
    }
}
