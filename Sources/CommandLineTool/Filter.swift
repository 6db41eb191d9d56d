import Glibc
import LinuxKernel
import StartCommands
import Storage

/// A program between this one and a file: bytes written to it come out changed, or bytes read from it.
struct Filter: ~Copyable {
    private let ours: OwnedDescriptor
    private let child: ProcessID
    private let name: String

    var writing: Int32 { ours.number }
    var reading: Int32 { ours.number }

    /// The environment of this process, for programs that the caller named.
    static var inherited: [String] {
        guard let bytes = try? Files.readBytes("/proc/self/environ") else { return [] }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private init(ours: consuming OwnedDescriptor, child: ProcessID, name: String) {
        self.ours = ours
        self.child = child
        self.name = name
    }

    /// One whose output goes to an open descriptor.
    static func into(
        _ output: Int32,
        _ arguments: [String],
        environment: [String]? = nil
    ) throws(SyscallError) -> Filter {
        let pipe = try Events.pipe().release()
        let theirs = OwnedDescriptor(owning: pipe.reading)
        let ours = OwnedDescriptor(owning: pipe.writing)
        let child = try spawn(arguments, theirs.number, output, environment)
        return Filter(ours: ours, child: child, name: arguments[0])
    }

    /// One whose input comes from an open descriptor.
    static func of(
        _ input: Int32,
        _ arguments: [String],
        environment: [String]? = nil
    ) throws(SyscallError) -> Filter {
        let pipe = try Events.pipe().release()
        let theirs = OwnedDescriptor(owning: pipe.writing)
        let ours = OwnedDescriptor(owning: pipe.reading)
        let child = try spawn(arguments, input, theirs.number, environment)
        return Filter(ours: ours, child: child, name: arguments[0])
    }

    private static func spawn(
        _ arguments: [String],
        _ input: Int32,
        _ output: Int32,
        _ environment: [String]?
    ) throws(SyscallError) -> ProcessID {
        guard let path = arguments[0].hasPrefix("/") ? arguments[0] : HostProgram.find(arguments[0]) else {
            throw SyscallError(call: "execve", subject: "\(arguments[0]), which is not installed", errno: ENOENT)
        }
        let words = environment ?? ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        return try Processes.spawn(path, arguments, words, descriptors: [(input, 0), (output, 1), (2, 2)]).pid
    }

    /// Everything that it writes, to its end.
    consuming func rest() throws -> String {
        let (name, child) = (name, child)
        var bytes: [UInt8] = []
        while true {
            let more = try Files.readSome(ours.number, named: name, upTo: 1 << 16)
            if more.isEmpty { break }
            bytes += more
        }
        let status = try Processes.reap(child).shellCode
        if status != 0 { throw CommandFailure(message: "\(name) ended with status \(status)", status: 1) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Says that no more comes, and waits until all is out.
    consuming func finish() throws {
        let (name, child) = (name, child)
        try ours.close()
        let status = try Processes.reap(child).shellCode
        if status != 0 { throw CommandFailure(message: "\(name) ended with status \(status)", status: 1) }
    }
}
