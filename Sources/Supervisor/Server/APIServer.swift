import Dispatch
import Glibc
import Hummingbird
import HummingbirdCore
import LinuxKernel
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Serves the API on a unix socket that is already listening, made here or by systemd.
///
/// Connections are accepted here rather than by the event loop, so that each is known by its peer's credentials from its
/// first byte, and so that there are never more than ``mostConnections``.
package struct APIServer: Service {
    static let mostConnections = 512
    /// Of one user but root: who opens all there are keeps nobody else out.
    static let mostConnectionsEach = 128

    let listener: Int32
    let supervisor: Supervisor
    let logger: Logger

    /// A server on a listening descriptor, which it owns from now on.
    package init(listener: consuming OwnedDescriptor, _ supervisor: Supervisor, logger: Logger) {
        (self.listener, self.supervisor, self.logger) = (listener.release(), supervisor, logger)
    }

    /// Serves until the program is told to end.
    package func run() async throws {
        let listener = OwnedDescriptor(owning: listener)
        try Events.setNonBlocking(listener.number)
        let responder = Routes(supervisor).router.buildResponder()
        let group = MultiThreadedEventLoopGroup.singleton
        let places = Gate(Self.mostConnections)
        let peers = PeerCounts()
        let number = listener.number
        let taken = DispatchSemaphore(value: 0)
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { tasks in
                for await _ in Self.arrivals(number, taken) {
                    while let accepted = try? UnixSocket.accept(number) {
                        guard peers.enter(accepted.peer.uid, atMost: Self.mostConnectionsEach) else {
                            _ = OwnedDescriptor(owning: accepted.connection)
                            continue
                        }
                        tasks.addTask {
                            await places.pass { await serve(accepted.connection, accepted.peer, responder, group) }
                            peers.leave(accepted.peer.uid)
                        }
                    }
                    taken.signal()
                }
                tasks.cancelAll()
            }
        }
    }

    /// A signal for each time that somebody may be waiting.
    ///
    /// `taken` is signalled when they have been let in.
    private static func arrivals(_ listener: Int32, _ taken: DispatchSemaphore) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.onTermination = { _ in taken.signal() }
        DispatchQueue(label: "bailey.accept").async {
            while true {
                guard let ready = try? Events.wait(for: [(listener, Int16(POLLIN))]), ready[0] != 0 else { continue }
                if ready[0] & Int16(POLLNVAL) != 0 { return continuation.finish() }
                if case .terminated = continuation.yield(()) { return }
                taken.wait()
            }
        }
        return stream
    }

    private func serve(
        _ connection: Int32,
        _ peer: PeerCredentials,
        _ responder: RouterResponder<APIContext>,
        _ group: MultiThreadedEventLoopGroup
    ) async {
        let limits = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 8 << 10,
            maxHeaderListSize: 16 << 10,
            maxHeaderFieldCount: 100
        )
        let http = HTTP1Channel(
            responder: { request, writer, _ in
                let context = APIContext(source: APISource(logger: logger, peer: peer))
                let response = await answer(request, context, responder)
                try await writer.write(response: response.head, body: response.body)
            },
            // Whoever says nothing for a minute, or sends a request byte by byte, does not keep a place for ever.
            configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(60), httpDecoderConfiguration: limits)
        )
        do {
            let channel = try await ClientBootstrap(group: group)
                .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
                .withConnectedSocket(connection) { channel in http.setup(channel: channel, logger: logger) }
            await http.handle(value: channel, logger: logger)
        } catch {
            logger.debug("a connection broke", metadata: ["error": "\(error)"])
        }
    }

    private func answer(
        _ request: Request,
        _ context: APIContext,
        _ responder: RouterResponder<APIContext>
    ) async -> Response {
        do {
            return try await responder.respond(to: request, context: context)
        } catch {
            return Answers.problem(error)
        }
    }
}

/// How many connections each user has.
final class PeerCounts: Sendable {
    private let counts = Mutex<[UInt32: Int]>([:])

    /// Counts one more, unless that were too many; root has no bound of its own.
    func enter(_ uid: UInt32, atMost most: Int) -> Bool {
        counts.withLock { counts in
            guard uid == 0 || counts[uid, default: 0] < most else { return false }
            counts[uid, default: 0] += 1
            return true
        }
    }

    func leave(_ uid: UInt32) {
        counts.withLock { counts in
            counts[uid, default: 0] -= 1
            if counts[uid] == 0 { counts[uid] = nil }
        }
    }
}

/// Where a request comes from.
struct APISource: RequestContextSource {
    let logger: Logger
    let peer: PeerCredentials
}

/// A request with who made it.
struct APIContext: RequestContext {
    typealias Source = APISource

    var coreContext: CoreRequestContextStorage
    let peer: PeerCredentials

    init(source: APISource) {
        coreContext = .init(source: source)
        peer = source.peer
    }

    /// A declaration with all its profiles is some ten kilobytes; more than this is nobody's.
    var maxUploadSize: Int { 1 << 20 }
}
