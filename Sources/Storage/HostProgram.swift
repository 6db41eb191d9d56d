import Glibc
import LinuxKernel

/// Programs of the host that know a file system better than we do: mkfs, resize2fs.
///
/// Found in fixed places and run with an empty environment.
public enum HostProgram {
    private static let places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]

    /// The program's path; nil when it is not installed.
    public static func find(_ name: String) -> String? {
        places.map { "\($0)/\(name)" }.first { Files.exists($0) }
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - arguments: The program's name and its arguments.
    ///   - accepted: Exit statuses that are no failure.
    ///   - input: Its standard input; nothing by default.
    ///   - output: Its standard output; what it says there is lost by default.
    /// - Throws: ``SyscallError`` with what the program wrote to standard error as subject; `ENOENT` when it is missing.
    public static func run(
        _ arguments: [String],
        accepted: [Int32] = [0],
        input: Int32? = nil,
        output: Int32? = nil
    ) throws(SyscallError) {
        let name = arguments.first ?? ""
        guard let path = find(name) else {
            throw SyscallError(call: "execve", subject: "\(name), which is not installed", errno: ENOENT)
        }
        let null = try Files.open("/dev/null", O_RDWR)
        let pipe = try Events.pipe().release()
        let reading = OwnedDescriptor(owning: pipe.reading)
        let writing = OwnedDescriptor(owning: pipe.writing)
        let child = try Processes.spawn(
            path,
            arguments,
            ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"],
            descriptors: [(input ?? null.number, 0), (output ?? null.number, 1), (writing.number, 2)]
        )
        try writing.close()
        var words: [UInt8] = []
        while true {
            let block = try Files.readSome(reading.number, named: name, upTo: 4096)
            if block.isEmpty { break }
            if words.count < 4096 { words += block }
        }
        let status = try Processes.reap(child.pid).shellCode
        guard accepted.contains(status) else {
            let said = String(decoding: words, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: ", ")
            throw SyscallError(
                call: name,
                subject: "exit status \(status)\(said.isEmpty ? "" : " (\(said))")",
                errno: EIO
            )
        }
    }
}
