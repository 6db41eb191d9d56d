import Glibc
import LinuxKernel

/// Writes a stream of named parts whose sizes need not be known beforehand.
///
/// The stream is a tar archive that any tar reads: each part is a directory of numbered files of at most 4 MiB, and a
/// file `sha256` with the digest of them all, one after the other.
public struct PartWriter: ~Copyable {
    static let chunk = 4 << 20

    private let output: Int32

    /// Writes to an open descriptor, which stays the caller's.
    public init(to output: Int32) {
        self.output = output
    }

    /// A part with these bytes.
    public func part(_ name: String, _ bytes: [UInt8]) throws(TemplateError) {
        var rest = bytes[...]
        try part(name) { () throws(SyscallError) in
            defer { rest = rest.dropFirst(Self.chunk) }
            return Array(rest.prefix(Self.chunk))
        }
    }

    /// A part with everything that a program writes.
    public func part(_ name: String, outputOf arguments: [String], _ doing: String) throws(TemplateError) {
        var running = try HostCommand(arguments).start(doing, mergingErrors: false)
        var pending: [UInt8] = []
        var digest = DigestStream()
        var index = 0
        while let bytes = try running.read(upTo: 1 << 18) {
            pending += bytes
            guard pending.count >= Self.chunk else { continue }
            let block = Array(pending.prefix(Self.chunk))
            pending.removeFirst(Self.chunk)
            digest.update(block)
            try entry("\(name)/\(Self.number(index))", block)
            index += 1
        }
        let status = try running.wait()
        if status != 0 { throw .command(doing: doing, status: status, output: []) }
        digest.update(pending)
        try entry("\(name)/\(Self.number(index))", pending)
        try entry("\(name)/sha256", Array(digest.finish().hex.utf8))
    }

    private func part(_ name: String, _ next: () throws(SyscallError) -> [UInt8]) throws(TemplateError) {
        var digest = DigestStream()
        var index = 0
        while true {
            let block = try attempting("write \(name)", next)
            if block.isEmpty, index > 0 { break }
            digest.update(block)
            try entry("\(name)/\(Self.number(index))", block)
            index += 1
            if block.count < Self.chunk { break }
        }
        try entry("\(name)/sha256", Array(digest.finish().hex.utf8))
    }

    /// Ends the archive.
    public func end() throws(TemplateError) {
        try attempting("write the end of the archive") { () throws(SyscallError) in
            try Files.write(output, [UInt8](repeating: 0, count: 1024), named: "archive")
        }
    }

    private static func number(_ index: Int) -> String {
        let digits = "\(index)"
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    private func entry(_ name: String, _ content: [UInt8]) throws(TemplateError) {
        guard name.utf8.count < 100 else { throw .damaged(file: name, reason: "the name of a part is too long") }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at start: Int) {
            for (index, byte) in text.utf8.enumerated() { header[start + index] = byte }
        }
        func octal(_ value: Int, _ width: Int) -> String {
            let digits = String(value, radix: 8)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        put(name, at: 0)
        put(octal(0o600, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(content.count, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        0", at: 148)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
        header[154] = 0
        header[155] = 32
        let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        let all = header + content + padding
        try attempting("write \(name)") { () throws(SyscallError) in try Files.write(output, all, named: name) }
    }
}
