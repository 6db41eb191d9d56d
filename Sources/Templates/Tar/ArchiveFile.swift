import Glibc
import LinuxKernel

/// Opens an archive, through a decompressor where its first bytes ask for one.
enum ArchiveFile {
    /// Unpacks the archive that the open file holds from its start.
    static func unpack(_ file: Int32, named name: String, with extractor: TarExtractor) throws(TemplateError) {
        guard let program = try decompressor(file, named: name) else {
            var reader = TarReader(DescriptorSource(fd: file, name: name))
            try extractor.extract(&reader)
            return
        }
        // Decompressors read a stranger's bytes, so they do it as nobody, with nothing but their two descriptors.
        let confined = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--"]
        let command = HostCommand(confined + [program, "-dc"], input: file)
        var reader = TarReader(PipeSource(running: try command.start("decompress \(name)", mergingErrors: false)))
        try extractor.extract(&reader)
        try reader.finish()
    }

    private static func decompressor(_ file: Int32, named name: String) throws(TemplateError) -> String? {
        let start = try attempting("read archive") { () throws(SyscallError) in
            let bytes = try Files.readSome(file, named: name, upTo: 8)
            if lseek(file, 0, SEEK_SET) != 0 { throw SyscallError(call: "lseek", subject: name, errno: errno) }
            return bytes
        }
        if start.starts(with: [0x1f, 0x8b]) { return "gzip" }
        if start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return "zstd" }
        if start.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]) { return "xz" }
        return nil
    }
}

/// Bytes of an open file or pipe that somebody else owns.
struct DescriptorSource: ByteSource {
    let fd: Int32
    let name: String

    mutating func read(upTo count: Int) throws(TemplateError) -> [UInt8]? {
        let (fd, name) = (fd, name)
        let bytes = try attempting("read archive") { () throws(SyscallError) in
            try Files.readSome(fd, named: name, upTo: count)
        }
        return bytes.isEmpty ? nil : bytes
    }
}

/// Standard output of a program.
struct PipeSource: ByteSource, ~Copyable {
    var running: RunningCommand

    mutating func read(upTo count: Int) throws(TemplateError) -> [UInt8]? {
        try running.read(upTo: count)
    }
}

extension TarReader where Source == PipeSource {
    /// Reads to the end and asks the program how it went.
    mutating func finish() throws(TemplateError) {
        try drain()
        try finishSource { (source: inout PipeSource) throws(TemplateError) in
            let status = try source.running.wait()
            if status != 0 { throw .command(doing: source.running.doing, status: status, output: []) }
        }
    }
}
