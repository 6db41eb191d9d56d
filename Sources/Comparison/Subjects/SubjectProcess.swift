import Glibc
import LinuxKernel

/// A subject that runs: a nanobench at the end of two pipes.
final class SubjectProcess {
    let subject: Subject
    private let child: ClonedProcess
    private let input: Int32
    private let output: Int32
    private let words: String
    private let environment: [String]
    private var isOpen = true
    private var rest: [UInt8] = []

    /// Starts it; ``awaitReady(_:)`` waits for its first line.
    ///
    /// - Throws: ``SyscallError`` when not even the program can be started.
    init(_ subject: Subject, folder: String, environment: [String]) throws(SyscallError) {
        self.subject = subject
        self.environment = environment
        words = "\(folder)/\(subject.name).error"
        let errors = try Files.open(words, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        let sending = try Events.pipe().release()
        let receiving = try Events.pipe().release()
        (input, output) = (sending.writing, receiving.reading)
        child = try Processes.spawn(
            "/usr/bin/env",
            ["env"] + subject.command,
            environment,
            descriptors: [(sending.reading, 0), (receiving.writing, 1), (errors.number, 2)]
        )
        _ = OwnedDescriptor(owning: sending.reading)
        _ = OwnedDescriptor(owning: receiving.writing)
        try Events.setNonBlocking(output)
    }

    /// Waits for the program's first line.
    ///
    /// - Returns: nil, or why it did not come.
    func awaitReady(_ stop: () -> Bool) -> String? {
        guard let line = readLine(milliseconds: subject.patience, stop) else {
            let said = ((try? Files.readText(words)) ?? "").split(separator: "\n").last.map(String.init)
            return said ?? "no answer within \(subject.patience / 1000) s"
        }
        return line == "ready" ? nil : "it said: \(line.prefix(200))"
    }

    /// Asks for one trial.
    ///
    /// - Returns: The answer's words; nil when none came in time, and then the subject is of no use any more.
    func ask(_ workload: String, milliseconds: UInt32, _ stop: () -> Bool) -> [String]? {
        let request = Array("\(workload) \(milliseconds)\n".utf8)
        guard (try? Files.write(input, request, named: "request")) != nil else { return nil }
        return readLine(milliseconds: Int64(milliseconds) * 20 + 15_000, stop)
            .map { $0.split(separator: " ", maxSplits: 5).map(String.init) }
    }

    private func readLine(milliseconds: Int64, _ stop: () -> Bool) -> String? {
        let deadline = Events.now() + milliseconds * 1_000_000
        while true {
            if let end = rest.firstIndex(of: 10) {
                defer { rest.removeSubrange(...end) }
                return String(decoding: rest[..<end].filter { $0 != 13 }, as: UTF8.self)
            }
            let left = (deadline - Events.now()) / 1_000_000
            guard left > 0, rest.count < 4096, !stop() else { return nil }
            let ready = try? Events.wait(for: [(output, Int16(POLLIN))], milliseconds: Int32(min(left, 500)))
            guard let ready else { return nil }
            if ready[0] == 0 { continue }
            guard let bytes = try? Files.readSome(output, named: "answer", upTo: 4096), !bytes.isEmpty else {
                return nil
            }
            rest += bytes
        }
    }

    /// Stops it where it is, if it would work while others are measured.
    func still() { run(subject.pause) }

    /// Lets it go on.
    func go() { run(subject.resume) }

    private func run(_ command: [String]) {
        if command.isEmpty { return }
        Self.run(command, environment)
    }

    static func run(_ command: [String], _ environment: [String]) {
        guard let null = try? Files.open("/dev/null", O_RDWR),
            let child = try? Processes.spawn(
                "/usr/bin/env",
                ["env"] + command,
                environment,
                descriptors: [(null.number, 0), (null.number, 1), (null.number, 2)]
            )
        else { return }
        let ended = try? Events.wait(for: [(child.pidfd.number, Int16(POLLIN))], milliseconds: 30_000)
        if ended?[0] ?? 0 == 0 { try? Processes.signal(pidfd: child.pidfd.number, SIGKILL) }
        _ = try? Processes.reap(child.pid)
    }

    /// Ends it: its input ends, and it is waited for; then what it may have left is removed.
    func end() {
        guard isOpen else { return }
        isOpen = false
        _ = OwnedDescriptor(owning: input)
        let ended = try? Events.wait(for: [(child.pidfd.number, Int16(POLLIN))], milliseconds: 15_000)
        let isOver = (ended?[0] ?? 0) != 0
        if !isOver { try? Processes.signal(pidfd: child.pidfd.number, SIGKILL) }
        _ = try? Processes.reap(child.pid)
        _ = OwnedDescriptor(owning: output)
        if !isOver { for command in subject.cleanUp { run(command) } }
    }

    deinit { end() }
}
