import Allocation
import ArgumentParser
import Dispatch
import Engine
import Glibc
import LinuxKernel
import Logging
import ServiceLifecycle
import StartCommands
import Storage
import Supervisor

/// The supervisor program.
struct Baileyd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baileyd",
        abstract:
            "Supervises the jails of this host: starts, restarts, shares out, counts, and answers on a unix socket.",
        discussion: """
            No jail depends on it: they run on when it ends, and the next one takes them up again. It uses the socket that \
            systemd hands over, or makes SOCKET itself. BAILEY_ROOT moves all its files, as it does for bailey.
            """
    )

    @Option(help: "Where to listen.")
    var socket: String?

    @Option(help: "Memory kept for the host itself, in MiB; a sixteenth of it when left out.")
    var reserveMemory: UInt64?

    @Option(help: "Processor time kept for the host itself, in percent of one CPU.")
    var reserveCpu: UInt64 = 10

    @Option(
        help: "How far memory limits may be overcommitted, in percent of what may be promised; no bound when left out."
    )
    var overcommitMemory: UInt64?

    @Option(help: "The same for processor limits.")
    var overcommitCpu: UInt64?

    @Option(help: "How many jails are started at the same time.")
    var startsAtOnce = 4

    @Flag(help: "Log what is of use to developers only, too.")
    var verbose = false

    func run() throws {
        Events.ignoreBrokenPipes()
        var logger = Logger(label: "baileyd") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = verbose ? .debug : .info
        let host = try HostSetup(self, logger)
        let (supervisor, listener, entries) = (host.supervisor, host.listener, host.entries)
        let engine = host.engine
        Task {
            do {
                try await supervisor.recover()
                let server = APIServer(listener: OwnedDescriptor(owning: listener), supervisor, logger: logger)
                let group = ServiceGroup(
                    configuration: ServiceGroupConfiguration(
                        services: [
                            .init(service: SupervisorService(supervisor)),
                            .init(service: server),
                            .init(
                                service: EntryServer(listener: OwnedDescriptor(owning: entries), engine, logger: logger)
                            ),
                        ],
                        gracefulShutdownSignals: [.sigterm, .sigint],
                        logger: logger
                    )
                )
                logger.notice("ready")
                try await group.run()
                Processes.exit(0)
            } catch {
                logger.critical("ending", metadata: ["error": "\(error)"])
                Processes.exit(1)
            }
        }
        dispatchMain()
    }
}

/// Everything that is there before the first request.
struct HostSetup {
    let supervisor: Supervisor
    let engine: Engine
    /// The listening socket.
    let listener: Int32
    /// The one for commands inside jails.
    let entries: Int32

    init(_ command: Baileyd, _ logger: Logger) throws {
        guard Processes.effectiveUser == 0 else { throw Refused("starting: this needs root: run baileyd as root") }
        let engine = try Installation.engine()
        self.engine = engine
        let layout = engine.layout
        do {
            try layout.prepare()
            try Files.makeDirectories(layout.runtime, mode: 0o755)
        } catch { throw Refused("starting: \(error): check the file system of \(layout.library)") }
        try Self.claim(layout)
        let store: Store
        do { store = try Store(path: layout.library + "/state.sqlite") } catch {
            // Everything but history works without it: what runs, runs on, and can be operated.
            logger.critical("no history is kept", metadata: ["error": "\(error)"])
            store = try Store(path: nil)
        }
        if let warning = store.warning { logger.error("the store", metadata: ["warning": "\(warning)"]) }
        var options = Supervisor.Options(capacity: Self.capacity(command, layout))
        options.startsAtOnce = max(1, command.startsAtOnce)
        if let point = ProcessEnvironment.value("BAILEYD_CRASH_AT") {
            options.crash = { name in if name == point { try? Processes.signal(Processes.current, SIGKILL) } }
        }
        supervisor = try Supervisor(engine, store, options, logger: logger)
        listener = try Self.listen(command.socket ?? layout.runtime + "/bailey.sock", logger)
        entries = try Self.makeSocket(layout.runtime + "/enter.sock") { path throws(SyscallError) in
            try UnixSocket.listenForPackets(path, mode: 0o666)
        }
    }

    /// One supervisor a host: the lock is the kernel's, and free when its holder has ended, however it did.
    private static func claim(_ layout: StateLayout) throws {
        let path = layout.runtime + "/baileyd.lock"
        do {
            let lock = try Files.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            guard try FileLock.take(lock.number, named: path, wait: false) else {
                throw Refused("starting: another baileyd runs here: see \(path)")
            }
            // Held until the process ends.
            _ = lock.release()
        } catch let error as SyscallError { throw Refused("starting: \(error)") }
    }

    /// The socket that systemd hands over (sd_listen_fds(3)), or one of our own.
    private static func listen(_ path: String, _ logger: Logger) throws -> Int32 {
        if let count = ProcessEnvironment.value("LISTEN_FDS"), Int(count) == 1,
            let pid = ProcessEnvironment.value("LISTEN_PID"), Int32(pid) == Processes.current
        {
            logger.info("using the socket of systemd")
            return 3
        }
        let made = try makeSocket(path) { path throws(SyscallError) in try UnixSocket.listen(path, mode: 0o666) }
        logger.info("listening", metadata: ["socket": "\(path)"])
        return made
    }

    /// Everybody may knock: who they are decides what they may do.
    private static func makeSocket(
        _ path: String,
        _ listen: (String) throws(SyscallError) -> OwnedDescriptor
    ) throws -> Int32 {
        do {
            // Nobody listens on it: the lock is ours.
            if Files.exists(path) { try Files.remove(path) }
            return try listen(path).release()
        } catch { throw Refused("starting: \(error): check the directory of the socket") }
    }

    private static func capacity(_ command: Baileyd, _ layout: StateLayout) -> Capacity {
        let memory = HostSize.memory()
        var capacity = Capacity(
            total: Amounts(cpu: HostSize.processors() * 1_000_000, memory: memory, disk: HostSize.disk(layout.library)),
            reserve: Amounts(
                cpu: command.reserveCpu * 10_000,
                memory: command.reserveMemory.map { $0 << 20 } ?? memory / 16
            )
        )
        capacity.overcommit[.memory] = command.overcommitMemory
        capacity.overcommit[.cpu] = command.overcommitCpu
        return capacity
    }
}

/// Why it does not start.
struct Refused: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
