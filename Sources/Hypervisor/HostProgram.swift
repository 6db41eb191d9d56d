import Glibc
import LinuxKernel

/// A program of the host, run to its end with a bound on its time.
struct HostProgram {
    let path: String
    let arguments: [String]

    private static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root"]

    /// What a program said and how it ended.
    struct Result {
        let status: WaitStatus
        let output: String
        /// It was killed because its time was over.
        let timedOut: Bool
    }

    /// Where a program of this name is; nil when the host has none.
    static func find(_ name: String) -> String? {
        ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].map { $0 + name }.first { Files.exists($0) }
    }

    /// Runs to the end.
    ///
    /// It is killed after `milliseconds`.
    func run(milliseconds: Int64, in directory: String = "/") throws(SyscallError) -> Result {
        let null = try Files.open("/dev/null", O_RDWR)
        let pipe = try Events.pipe().release()
        let reading = OwnedDescriptor(owning: pipe.reading)
        let writing = OwnedDescriptor(owning: pipe.writing)
        // env(1) changes the directory, which the spawn of a threaded program cannot.
        let child = try Processes.spawn(
            "/usr/bin/env",
            ["env", "-C", directory, path] + arguments,
            Self.environment,
            descriptors: [(null.number, 0), (writing.number, 1), (writing.number, 2)]
        )
        try writing.close()
        try Events.setNonBlocking(reading.number)
        let deadline = Events.now() + milliseconds * 1_000_000
        var output: [UInt8] = []
        var timedOut = false
        while true {
            let rest = (deadline - Events.now()) / 1_000_000
            if rest <= 0 {
                timedOut = true
                try? Processes.signal(pidfd: child.pidfd.number, SIGKILL)
                break
            }
            let ready = try Events.wait(for: [(reading.number, Int16(POLLIN))], milliseconds: Int32(min(rest, 60_000)))
            if ready[0] == 0 { continue }
            let bytes = try Files.readSome(reading.number, named: path, upTo: 65536)
            if bytes.isEmpty { break }
            // Its last words matter, not a flood of them.
            output = Array((output + bytes).suffix(1 << 16))
        }
        let status = try Processes.reap(child.pid)
        return Result(status: status, output: String(decoding: output, as: UTF8.self), timedOut: timedOut)
    }

    /// Runs to the end and expects success.
    func succeed(_ doing: String, milliseconds: Int64 = 300_000, in directory: String = "/") throws(HypervisorError) {
        let result = try attempting(doing) { () throws(SyscallError) in
            try run(milliseconds: milliseconds, in: directory)
        }
        if result.status.exitCode == 0 { return }
        let last = result.output.split(separator: "\n").last.map(String.init) ?? "it said nothing"
        throw .refused("\(doing): \(path) ended with \(result.status.shellCode): \(last)")
    }
}
