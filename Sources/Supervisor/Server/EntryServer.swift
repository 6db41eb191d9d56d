import Declarations
import Dispatch
import Engine
import Glibc
import Launch
import LinuxKernel
import Logging
import Profiles
import ServiceLifecycle

/// Lets a tenant's users into their jails: each connection is one command, with the caller's own streams.
///
/// A socket of its own, because descriptors come with its packets. One thread serves all of them: it only ever waits in
/// poll(2), and starting a command takes it a few milliseconds. Nothing of what is typed or printed passes through here.
package struct EntryServer: Service {
    static let mostSessions = 256
    /// Of one user but root: nobody keeps the others out.
    static let mostSessionsEach = 32

    private let listener: Int32
    private let engine: Engine
    private let logger: Logger

    /// A server on a listening descriptor, which it owns from now on.
    package init(listener: consuming OwnedDescriptor, _ engine: Engine, logger: Logger) {
        (self.listener, self.engine, self.logger) = (listener.release(), engine, logger)
    }

    /// Serves until the program is told to end; commands that run are ended with it.
    package func run() async throws {
        let bell = try Events.pipe().release()
        let (listener, engine, logger) = (listener, engine, logger)
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                    DispatchQueue(label: "bailey.entry").async {
                        var sessions = EntrySessions(engine, logger)
                        sessions.serve(listener, until: bell.reading)
                        done.resume()
                    }
                }
            } onGracefulShutdown: {
                _ = try? Files.writeSome(bell.writing, [1], named: "entry")
            }
        } onCancel: {
            _ = try? Files.writeSome(bell.writing, [1], named: "entry")
        }
        for number in [listener, bell.reading, bell.writing] { _ = OwnedDescriptor(owning: number) }
    }
}

/// The commands that run for somebody, and the connections that have not said yet what they want.
struct EntrySessions {
    private struct Session {
        let line: Int32
        let peer: PeerCredentials
        /// nil until the command is started.
        var command: (pid: ProcessID, pidfd: Int32)?
        /// When it is dropped if it still has said nothing, or killed after its caller has gone.
        var deadline: Int64?
        var isAbandoned = false
    }

    private let engine: Engine
    private let logger: Logger
    private var sessions: [Session] = []

    init(_ engine: Engine, _ logger: Logger) { (self.engine, self.logger) = (engine, logger) }

    mutating func serve(_ listener: Int32, until bell: Int32) {
        while true {
            let isFull = sessions.count >= EntryServer.mostSessions
            var polled: [(fd: Int32, events: Int16)] = [(bell, Int16(POLLIN)), (isFull ? -1 : listener, Int16(POLLIN))]
            for session in sessions {
                polled.append((session.isAbandoned ? -1 : session.line, Int16(POLLIN)))
                polled.append((session.command?.pidfd ?? -1, Int16(POLLIN)))
            }
            guard let ready = try? Events.wait(for: polled, milliseconds: sessions.isEmpty ? -1 : 1000) else {
                continue
            }
            if ready[0] != 0 { return endAll() }
            var kept: [Session] = []
            for (index, session) in sessions.enumerated() {
                if let next = attend(session, line: ready[2 + 2 * index], process: ready[3 + 2 * index]) {
                    kept.append(next)
                }
            }
            sessions = kept
            if ready[1] != 0 { accept(listener) }
        }
    }

    private mutating func accept(_ listener: Int32) {
        guard let accepted = try? UnixSocket.accept(listener) else { return }
        let (uid, same) = (accepted.peer.uid, sessions.filter { $0.peer.uid == accepted.peer.uid }.count)
        guard uid == 0 || same < EntryServer.mostSessionsEach else {
            _ = OwnedDescriptor(owning: accepted.connection)
            return
        }
        let patience = Events.now() + 5_000_000_000
        sessions.append(Session(line: accepted.connection, peer: accepted.peer, deadline: patience))
    }

    /// Does what is due for one session.
    ///
    /// - Returns: What it has become; nil when it is over.
    private func attend(_ session: Session, line: Int16, process: Int16) -> Session? {
        var session = session
        if let command = session.command, process != 0 {
            let status = (try? Processes.reap(command.pid))?.shellCode ?? 125
            answer(session, .ended(status))
            return close(session)
        }
        if line != 0 { hear(&session) }
        if session.isAbandoned, session.command == nil { return close(session) }
        guard let deadline = session.deadline, Events.now() > deadline else { return session }
        guard let command = session.command else { return close(session) }
        try? Processes.signal(pidfd: command.pidfd, SIGKILL)
        session.deadline = nil
        return session
    }

    private func hear(_ session: inout Session) {
        let packet = try? PacketSocket.receive(limit: EntryMessage.byteLimit, through: session.line)
        let streams = packet?.descriptors ?? []
        defer { for stream in streams { _ = OwnedDescriptor(owning: stream) } }
        guard let bytes = packet?.bytes, !bytes.isEmpty, let message = EntryMessage(bytes) else {
            return abandon(&session)
        }
        switch message {
        case .run(let jail, let command) where session.command == nil:
            do {
                session.command = try start(command, in: jail, for: session.peer, streams)
                session.deadline = nil
            } catch {
                answer(session, .refused("\(error)"))
                abandon(&session)
            }
        case .signal(let number) where [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH].contains(number):
            if let command = session.command { try? Processes.signal(pidfd: command.pidfd, number) }
        default: abandon(&session)
        }
    }

    /// The caller has gone: the command is asked to end, and ended two seconds later.
    private func abandon(_ session: inout Session) {
        session.isAbandoned = true
        guard let command = session.command else { return }
        try? Processes.signal(pidfd: command.pidfd, SIGHUP)
        session.deadline = Events.now() + 2_000_000_000
    }

    private func start(
        _ command: EntryMessage.Command,
        in jail: String,
        for peer: PeerCredentials,
        _ streams: [Int32]
    ) throws -> (pid: ProcessID, pidfd: Int32) {
        let tenant = try? engine.keptSpec(jail).tenant?.value ?? "default"
        let tenants = TenantStore(engine).all().map { ($0.name.value, $0.users.map(\.value)) }
        guard let tenant, Authority.of(peer, .read(), tenants: tenants).sees(tenant) else {
            throw EngineError.noSuchJail(jail, suggestion: nil)
        }
        let started = try engine.startEntry(jail, command.request(), streams: streams)
        logger.info("entered", metadata: ["jail": "\(jail)", "user": "\(peer.uid)", "pid": "\(started.pid)"])
        return started
    }

    private func answer(_ session: Session, _ message: EntryMessage) {
        guard !session.isAbandoned else { return }
        try? PacketSocket.send(message.bytes, through: session.line)
    }

    private func close(_ session: Session) -> Session? {
        _ = OwnedDescriptor(owning: session.line)
        if let command = session.command { _ = OwnedDescriptor(owning: command.pidfd) }
        return nil
    }

    private mutating func endAll() {
        for session in sessions {
            if let command = session.command {
                try? Processes.signal(pidfd: command.pidfd, SIGKILL)
                _ = try? Processes.reap(command.pid)
            }
            _ = close(session)
        }
        sessions = []
    }
}
