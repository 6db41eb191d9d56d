import Glibc
import Launch
import LinuxKernel

/// A process of the guest and this side of its streams.
struct GuestProgram {
    let pid: ProcessID
    /// Where its input goes: a pipe or the terminal; nil when it reads nothing (more).
    private(set) var input: Int32?
    /// Where its output comes from, -1 once it has ended; with a terminal both are one.
    private(set) var output: Int32
    private(set) var error: Int32
    let terminal: Int32?

    private var pending: ArraySlice<UInt8> = []
    private var inputEnds = false

    /// Why nothing was started.
    struct Refusal: Error {
        let status: UInt32
        let reason: String
    }

    /// Starts a process of the guest, as root of the machine or as the user asked for.
    init(_ process: MachineProcess) throws(Refusal) {
        do throws(SyscallError) {
            if process.terminal {
                let master = try Files.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
                let size = TerminalSize(
                    rows: UInt16(clamping: process.rows),
                    columns: UInt16(clamping: process.columns)
                )
                let peer = try Terminals.openPeer(of: master.number)
                try Terminals.resize(master.number, size)
                let side = peer.number
                let number = master.release()
                (terminal, input, output, error) = (number, number, number, -1)
                pid = try Self.start(process, GuestStreams([side, side, side], isTerminal: true))
                return
            }
            terminal = nil
            let (inputPipe, outputPipe, errorPipe) = (
                try Events.pipe().release(), try Events.pipe().release(), try Events.pipe().release()
            )
            let sides = [process.input ? inputPipe.reading : nil, outputPipe.writing, errorPipe.writing]
            (input, output, error) = (inputPipe.writing, outputPipe.reading, errorPipe.reading)
            defer {
                for side in [inputPipe.reading, outputPipe.writing, errorPipe.writing] {
                    _ = OwnedDescriptor(owning: side)
                }
            }
            try Events.setNonBlocking(inputPipe.writing)
            try Events.setNonBlocking(outputPipe.reading)
            try Events.setNonBlocking(errorPipe.reading)
            pid = try Self.start(process, GuestStreams(sides, isTerminal: false))
        } catch {
            throw Refusal(status: error.shellStatus, reason: "\(error)")
        }
        if !process.input { closeInput() }
    }

    private final class Outcome {
        var failure: SyscallError?
    }

    private static func start(_ process: MachineProcess, _ streams: GuestStreams) throws(SyscallError) -> ProcessID {
        let user: GuestUser
        do throws(GuestUser.Unknown) { user = try GuestUser(process.user) } catch {
            throw SyscallError(call: "looking up user", subject: error.name, errno: EINVAL)
        }
        let all = UInt64.max >> 23  // 41 capabilities; the machine is the guest's own
        let held = user.uid == 0 ? all : 0
        let privileges = Privileges(
            capabilities: CapabilitySets(bounding: all, effective: held, permitted: held, inheritable: 0, ambient: 0),
            noNewPrivileges: false,
            filter: [],
            uid: user.uid,
            gid: user.gid,
            groups: user.groups,
            limits: [],
            oomScore: nil
        )
        let guest = GuestProcess(
            isInit: false,
            arguments: process.arguments,
            environment: process.environment,
            directory: process.directory,
            graceMilliseconds: 0,
            stopSignal: SIGTERM
        )
        let outcome = Outcome()
        let pid = try Processes.startSharingMemory {
            do throws(StageFailure) {
                try GuestStart.run(privileges, guest, streams)
            } catch {
                outcome.failure = error.cause
                Processes.exit(127)
            }
        }
        if let failure = outcome.failure {
            _ = try? Processes.reap(pid)
            throw failure
        }
        return pid
    }

    /// What to poll for: input with room, output and errors; -1 is passed over.
    func polls(congested: Bool) -> [(fd: Int32, events: Int16)] {
        let reading = congested ? 0 : Int16(POLLIN)
        let writing = pending.isEmpty ? 0 : Int16(POLLOUT)
        return [
            (pending.isEmpty ? -1 : input ?? -1, writing), (congested ? -1 : output, reading),
            (congested ? -1 : error, reading),
        ]
    }

    /// Takes input for the process; at most what the session's window lets through is ever pending.
    mutating func give(_ bytes: [UInt8]) { if input != nil { pending += bytes } }

    /// After everything pending, the input ends.
    mutating func endInput() {
        inputEnds = true
        if pending.isEmpty { closeInput() }
    }

    /// Writes what can be written; the number of bytes that went.
    mutating func writeInput() -> Int {
        guard let input, !pending.isEmpty else { return 0 }
        let before = pending.count
        do throws(SyscallError) {
            pending = pending.dropFirst(try Files.writeSome(input, pending.prefix(4096), named: "input"))
        } catch  where error.errno == EAGAIN {} catch {
            // Nobody reads it any more.
            pending = []
            if terminal == nil { _ = OwnedDescriptor(owning: input) }
            self.input = nil
            return before
        }
        let gone = before - pending.count
        if pending.isEmpty, inputEnds { closeInput() }
        return gone
    }

    private mutating func closeInput() {
        guard let number = input else { return }
        inputEnds = false
        if terminal != nil {
            // A terminal has no end of input but its own character for it.
            pending += [4]
        } else {
            _ = OwnedDescriptor(owning: number)
            input = nil
        }
    }

    /// What has come out of one of its streams; nil when nothing has.
    mutating func read(error isError: Bool) -> [UInt8]? {
        let number = isError ? error : output
        guard number >= 0 else { return nil }
        do throws(SyscallError) {
            let bytes = try Files.readSome(number, named: "output", upTo: 16384)
            if !bytes.isEmpty { return bytes }
        } catch  where error.errno == EAGAIN {
            return nil
        } catch {}
        closeOutput(error: isError)
        return nil
    }

    private mutating func closeOutput(error isError: Bool) {
        let number = isError ? error : output
        if terminal == nil { _ = OwnedDescriptor(owning: number) }
        if isError { error = -1 } else { output = -1 }
    }

    /// Closes everything of it on this side.
    mutating func close() {
        if let terminal {
            _ = OwnedDescriptor(owning: terminal)
        } else {
            if let input { _ = OwnedDescriptor(owning: input) }
            for number in [output, error] where number >= 0 { _ = OwnedDescriptor(owning: number) }
        }
        (input, output, error) = (nil, -1, -1)
    }
}

extension GuestStreams {
    /// Streams that are there already.
    init(_ descriptors: [Int32?], isTerminal: Bool) {
        self.descriptors = descriptors
        self.isTerminal = isTerminal
    }
}

extension SyscallError {
    /// The exit status that a shell, and docker, has for a program that cannot be started.
    var shellStatus: UInt32 {
        switch (call, errno) {
        case ("execve", ENOENT), ("execve", ENOTDIR): 127
        case ("execve", _): 126
        default: 125
        }
    }
}
