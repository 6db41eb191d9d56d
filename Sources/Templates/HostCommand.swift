import Glibc
import LinuxKernel

/// A program of the host, found in a fixed PATH, with an environment of its own.
///
/// To be replaced by LinuxKernel's spawn.
struct HostCommand {
    let arguments: [String]
    /// `NAME=value`, beside the fixed ones.
    var environment: [String] = []
    /// Standard input; `/dev/null` if there is none.
    var input: Int32?
    /// A descriptor the program keeps open without knowing: the build's lock lives as long as anybody works on it.
    var held: Int32?

    init(_ arguments: [String], environment: [String] = [], input: Int32? = nil, held: Int32? = nil) {
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.held = held
    }

    /// Runs to the end, giving each line of both outputs to `output`.
    ///
    /// - Throws: ``TemplateError/command(doing:status:output:)`` unless it exits with 0 (128 + signal if it was killed).
    func run(_ doing: String, output: (String) -> Void = { _ in }) throws(TemplateError) {
        var tail: [String] = []
        var lines = LineSplitter()
        var running = try start(doing, mergingErrors: true)
        while let bytes = try running.read(upTo: 65536) {
            for line in lines.add(bytes) {
                tail = tail.suffix(19) + [line]
                output(line)
            }
        }
        tail += lines.end()
        let status = try running.wait()
        if status != 0 { throw .command(doing: doing, status: status, output: tail) }
    }

    /// Runs to the end and returns the lines of standard output; what it says on standard error is lost.
    func lines(_ doing: String) throws(TemplateError) -> [String] {
        var found: [String] = []
        var lines = LineSplitter()
        var running = try start(doing, mergingErrors: false)
        while let bytes = try running.read(upTo: 65536) { found += lines.add(bytes) }
        found += lines.end()
        let status = try running.wait()
        if status != 0 { throw .command(doing: doing, status: status, output: []) }
        return found
    }

    /// Starts the program with a pipe as its standard output.
    func start(_ doing: String, mergingErrors: Bool) throws(TemplateError) -> RunningCommand {
        try attempting(doing) { () throws(SyscallError) in
            var ends: [Int32] = [0, 0]
            if unsafe pipe(&ends) != 0 { throw SyscallError(call: "pipe", subject: doing, errno: errno) }
            let reading = OwnedDescriptor(owning: ends[0])
            let writing = OwnedDescriptor(owning: ends[1])
            _ = fcntl(reading.number, F_SETFD, FD_CLOEXEC)
            _ = fcntl(writing.number, F_SETFD, FD_CLOEXEC)
            let null = try Files.open("/dev/null", O_RDWR)
            let errors = mergingErrors ? writing.number : null.number
            let pid = try spawn(input: input ?? null.number, output: writing.number, errors: errors)
            return RunningCommand(doing: doing, pid: pid, output: reading)
        }
    }

    private func spawn(input: Int32, output: Int32, errors: Int32) throws(SyscallError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in [(input, Int32(0)), (output, 1), (errors, 2)] {
            unsafe posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        // Duplicated to itself, a descriptor would still lose close-on-exec. The number is small and nothing else is
        // open, because mmdebstrap hands its own descriptors to a shell that knows single-digit numbers only.
        if let held { unsafe posix_spawn_file_actions_adddup2(&actions, held, 3) }
        for fd in try Files.list("/proc/self/fd").compactMap({ Int32($0) }) where fd > (held == nil ? 2 : 3) {
            unsafe posix_spawn_file_actions_addclose(&actions, fd)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let result = unsafe withStrings(arguments) { argv in
            unsafe withStrings(Self.fixedEnvironment + environment) { envp in
                unsafe posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, envp)
            }
        }
        if result != 0 { throw SyscallError(call: "posix_spawn", subject: arguments[0], errno: result) }
        return pid
    }

    private func withStrings<Value>(
        _ texts: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { for index in 0..<texts.count { unsafe free(pointers[index]) } }
        return unsafe body(pointers)
    }

    private static let fixedEnvironment = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root",
        "DEBIAN_FRONTEND=noninteractive",
    ]
}

/// A started program.
///
/// Dropped before ``wait()``, it is killed: nothing outlives its owner unnoticed.
struct RunningCommand: ~Copyable {
    let doing: String
    private let pid: pid_t
    private let output: OwnedDescriptor
    private var isReaped = false

    init(doing: String, pid: pid_t, output: consuming OwnedDescriptor) {
        self.doing = doing
        self.pid = pid
        self.output = output
    }

    deinit {
        if isReaped { return }
        kill(pid, SIGKILL)
        _ = try? Self.reap(pid)
    }

    /// The next bytes of its output, `nil` at the end.
    borrowing func read(upTo count: Int) throws(TemplateError) -> [UInt8]? {
        let fd = output.number
        let name = doing
        let bytes = try attempting(name) { () throws(SyscallError) in
            try Files.readSome(fd, named: "output of \(name)", upTo: count)
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// Waits for the end: the exit status, or 128 + signal.
    ///
    /// To be called once.
    mutating func wait() throws(TemplateError) -> Int32 {
        let (name, child) = (doing, pid)
        isReaped = true
        return try attempting(name) { () throws(SyscallError) in try Self.reap(child) }
    }

    private static func reap(_ pid: pid_t) throws(SyscallError) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 {
            if errno != EINTR { throw SyscallError(call: "waitpid", subject: "\(pid)", errno: errno) }
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}

/// Cuts a stream of bytes into lines; what apt overwrites with carriage returns counts as lines too.
struct LineSplitter {
    private var rest: [UInt8] = []

    /// The lines that are complete with these bytes.
    ///
    /// A last line without an end: ``end()``.
    mutating func add(_ bytes: [UInt8]) -> [String] {
        rest += bytes
        guard let last = rest.lastIndex(where: { $0 == 10 || $0 == 13 }) else { return [] }
        let complete = rest[..<last]
        rest = Array(rest[(last + 1)...])
        return complete.split(whereSeparator: { $0 == 10 || $0 == 13 }).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The last line, if it has no line end.
    mutating func end() -> [String] {
        defer { rest = [] }
        return rest.isEmpty ? [] : [String(decoding: rest, as: UTF8.self)]
    }
}
