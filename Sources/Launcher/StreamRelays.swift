import Glibc
import Launch
import LinuxKernel

/// What stands between the guest's standard streams and the caller's.
///
/// A file or pipe of the caller is handed to the guest as it is, so no byte is copied. A terminal never is: who holds
/// an operator's terminal open can read what is typed next, so it is served through a pipe, or the guest has one of
/// its own (docs/decisions/0004-terminals.md). Logged output goes through a pipe to the log.
struct StreamRelays {
    /// What the guest gets as 0, 1, 2 when it has no terminal of its own; nil is `/dev/null`.
    private(set) var guestSides: [Int32?] = [nil, nil, nil]

    /// The relays that the launcher serves.
    private(set) var relays: [Relay] = []

    private var ownedGuestSides: [Int32] = []
    private let log: LogFile?
    private let wantsInput: Bool

    /// Decides for each stream.
    init(_ streams: Streams) throws(SyscallError) {
        let limits = (bytes: streams.logBytes, files: Int(streams.logFiles))
        log = streams.log.isEmpty ? nil : try LogFile(path: streams.log, byteLimit: limits.bytes, rotated: limits.files)
        wantsInput = streams.input
        if streams.terminal { return }
        if streams.input { try connectInput() }
        try connectOutput(1)
        try connectOutput(2)
    }

    private mutating func connectInput() throws(SyscallError) {
        guard Terminals.isTerminal(0) else {
            guestSides[0] = 0
            return
        }
        let pipe = try Events.pipe().release()
        own(pipe.reading, as: 0)
        relays.append(Relay(from: 0, to: .descriptor(pipe.writing), closesSink: true))
    }

    private mutating func connectOutput(_ stream: Int32) throws(SyscallError) {
        guard log != nil || Terminals.isTerminal(stream) else {
            guestSides[Int(stream)] = stream
            return
        }
        let pipe = try Events.pipe().release()
        own(pipe.writing, as: Int(stream))
        relays.append(Relay(from: pipe.reading, to: log == nil ? .descriptor(stream) : .log(stream)))
    }

    private mutating func own(_ number: Int32, as stream: Int) {
        guestSides[stream] = number
        ownedGuestSides.append(number)
    }

    /// Connects the guest's own terminal: the caller's input to it, its output to the caller or the log.
    mutating func connect(terminal: Int32) {
        if wantsInput && log == nil { relays.append(Relay(from: 0, to: .descriptor(terminal))) }
        relays.append(Relay(from: terminal, to: log == nil ? .descriptor(1) : .log(1)))
    }

    /// Closes the guest's ends on this side, so that their end is seen when the guest's are closed.
    mutating func closeGuestSides() {
        for number in ownedGuestSides { _ = OwnedDescriptor(owning: number) }
        ownedGuestSides = []
        guestSides = [nil, nil, nil]
    }

    /// Moves what is ready; `events` are the results of polling ``polls``.
    mutating func serve(_ events: ArraySlice<Int16>) {
        for (index, ready) in zip(relays.indices, events) where ready != 0 { relays[index].move(log) }
    }

    /// What to poll for, one entry a relay.
    var polls: [(fd: Int32, events: Int16)] { relays.map(\.poll) }

    /// Reads what the guest wrote before it ended.
    mutating func drain() {
        for index in relays.indices where relays[index].source > 2 { relays[index].drain(log) }
    }
}

/// Bytes on their way from one descriptor to another, or to the log.
struct Relay {
    /// Where they go.
    enum Sink {
        case descriptor(Int32)
        case log(Int32)
    }

    let source: Int32
    private let sink: Sink
    private let closesSink: Bool
    private var pending: ArraySlice<UInt8> = []
    private var ended = false

    init(from source: Int32, to sink: Sink, closesSink: Bool = false) {
        self.source = source
        self.sink = sink
        self.closesSink = closesSink
    }

    /// Waits for input while nothing is pending, else for room; a negative descriptor is passed over by poll(2).
    var poll: (fd: Int32, events: Int16) {
        if !pending.isEmpty, case .descriptor(let number) = sink { return (number, Int16(POLLOUT)) }
        return (ended ? -1 : source, Int16(POLLIN))
    }

    /// One step in whichever direction ``poll`` asked for.
    mutating func move(_ log: LogFile?) {
        if pending.isEmpty { take() }
        give(log)
    }

    /// Everything that is still to be had, without waiting for more; bounded, should a holder keep writing.
    mutating func drain(_ log: LogFile?) {
        for _ in 0..<4096 where !ended {
            guard let ready = try? Events.wait(for: [(source, Int16(POLLIN))], milliseconds: 0), ready[0] != 0 else {
                return
            }
            take()
            while !pending.isEmpty {
                if case .descriptor(let number) = sink { _ = try? Events.wait(for: [(number, Int16(POLLOUT))]) }
                give(log)
            }
        }
    }

    private mutating func take() {
        do throws(SyscallError) {
            pending = try Files.readSome(source, named: "stream", upTo: 16384)[...]
            if pending.isEmpty { end() }
        } catch {
            // A terminal's master answers EIO once nobody has the other side open: the end, like an empty read.
            if error.errno != EAGAIN { end() }
        }
    }

    private mutating func give(_ log: LogFile?) {
        guard !pending.isEmpty else { return }
        switch sink {
        case .log(let stream):
            log?.append(pending, stream: stream)
            pending = []
        case .descriptor(let number):
            // At most what a ready pipe takes at once, so that a slow reader does not stop the launcher.
            do throws(SyscallError) {
                pending = pending.dropFirst(try Files.writeSome(number, pending.prefix(4096), named: "stream"))
            } catch  where error.errno == EAGAIN {
                // The caller may have made its end non-blocking: what is pending waits for room.
            } catch {
                pending = []
                end()
            }
        }
    }

    private mutating func end() {
        ended = true
        if closesSink, case .descriptor(let number) = sink { _ = OwnedDescriptor(owning: number) }
    }
}
