import ControlAPI

/// Hands events on to whoever listens.
///
/// One who does not keep up loses the oldest ones and finds a gap in their numbers; nobody waits for him.
actor Listeners {
    private var next = 0
    private var streams: [Int: AsyncStream<Event>.Continuation] = [:]

    func listen() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(1000))
        let id = next
        next += 1
        streams[id] = continuation
        continuation.onTermination = { _ in Task { await self.leave(id) } }
        return stream
    }

    func tell(_ event: Event) { for stream in streams.values { stream.yield(event) } }

    func end() {
        for stream in streams.values { stream.finish() }
        streams = [:]
    }

    private func leave(_ id: Int) { streams[id] = nil }
}
