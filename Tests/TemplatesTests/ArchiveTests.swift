import Glibc
import LinuxKernel
import Testing

@testable import Templates

/// An archive somebody might send, and a word of the reason it is refused for.
struct HostileArchive: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let reason: String
    let bytes: [UInt8]

    init(_ description: String, _ reason: String, _ make: (inout TarBytes) -> Void) {
        testDescription = description
        self.reason = reason
        var tar = TarBytes()
        make(&tar)
        bytes = tar.archive
    }

    static let all = [
        HostileArchive("absolute name", "absolute") { $0.add("/etc/passwd", content: [1]) },
        HostileArchive("name above the root", "..") { $0.add("a/../../etc/passwd", content: [1]) },
        HostileArchive("pax name above the root", "..") { tar in
            tar.pax("path", "../outside")
            tar.add("fine", content: [1])
        },
        HostileArchive("GNU long name above the root", "..") { tar in
            tar.add("././@LongLink", type: "L", content: Array("../outside\0".utf8))
            tar.add("fine", content: [1])
        },
        HostileArchive("hard link to the host", "absolute") { $0.add("x", type: "1", link: "/etc/passwd") },
        HostileArchive("hard link above the root", "..") { $0.add("x", type: "1", link: "../../outside") },
        HostileArchive("hard link through a symlink to the host", "linkat") { tar in
            tar.add("l", type: "2", link: "/etc/passwd")
            tar.add("x", type: "1", link: "l")
        },
        HostileArchive("disk node", "device") { $0.add("sda", type: "4") },
        HostileArchive("memory node", "device") { $0.add("x/mem", type: "3") },
        HostileArchive("owner beyond a jail's ids", "65536") { $0.add("x", uid: 70_000) },
        HostileArchive("negative size", "no sense") { tar in
            tar.pax("size", "-1")
            tar.add("x", content: [1])
        },
        HostileArchive("header of a gigabyte", "too long") { $0.add("x", type: "x", size: 1 << 30) },
        HostileArchive("size without content", "ends") { $0.add("x", size: 1 << 30) },
        HostileArchive("sparse file", "not understood") { $0.add("x", type: "S") },
        HostileArchive("pax sparse file", "sparse") { tar in
            tar.pax("GNU.sparse.major", "1")
            tar.add("x")
        },
        HostileArchive("pax record that lies about its length", "no sense") { tar in
            tar.add("x", type: "x", content: Array("99999 path=y\n".utf8))
            tar.add("x")
        },
        HostileArchive("unknown type", "type") { $0.add("x", type: "Z") },
        HostileArchive("file in place of the root", "root") { $0.add(".", content: [1]) },
        HostileArchive("file in place of a full directory", "rmdir") { tar in
            tar.add("d/x")
            tar.add("d")
        },
        HostileArchive("symlink loop", "resolve") { tar in
            tar.add("a", type: "2", link: "b")
            tar.add("b", type: "2", link: "a")
            tar.add("a/x", content: [1])
        },
    ]
}

@Suite(.enabled(if: isRoot, "unpacking sets owners: root is needed")) struct `Importing archives` {
    @Test(arguments: HostileArchive.all)
    func `a hostile archive is refused with its reason and leaves nothing`(_ archive: HostileArchive) throws {
        let scratch = try Scratch()
        try scratch.write("hostile.tar", archive.bytes)
        let error = #expect(throws: TemplateError.self) {
            try scratch.store.import("\(scratch.path)/hostile.tar", as: "x")
        }
        #expect(error?.description.contains(archive.reason) == true, "\(String(describing: error))")
        #expect(try scratch.layerDirectories().isEmpty)
        #expect(try scratch.store.list().isEmpty)
        #expect(try Files.list(scratch.path).sorted() == ["hostile.tar", "store"])
    }

    @Test func `what goes through a symlink stays inside the tree`() throws {
        let scratch = try Scratch()
        try Files.makeDirectory("\(scratch.path)/outside")
        var tar = TarBytes()
        tar.add("abs", type: "2", link: "\(scratch.path)/outside")
        tar.add("abs/file", content: Array("one".utf8))
        tar.add("up", type: "2", link: "../../../../../../../../..\(scratch.path)/outside")
        tar.add("up/second", content: Array("two".utf8))
        tar.add("etc/target", content: Array("safe".utf8))
        tar.add("over", type: "2", link: "etc/target")
        tar.add("over", content: Array("new".utf8))
        try scratch.write("x.tar", tar.archive)
        let manifest = try scratch.store.import("\(scratch.path)/x.tar", as: "x")
        #expect(try Files.list("\(scratch.path)/outside").isEmpty)
        let rootfs = scratch.store.rootfs(of: manifest.layers[0])
        #expect(try Files.readText("\(rootfs)\(scratch.path)/outside/file") == "one")
        #expect(try Files.readText("\(rootfs)\(scratch.path)/outside/second") == "two")
        // A file that takes a symlink's name replaces the link, not what it points to.
        #expect(try Files.readText("\(rootfs)/etc/target") == "safe")
        #expect(try Files.status("\(rootfs)/over").isRegular)
    }

    @Test func `a directory entry keeps a symlink to a directory, as of a merged usr, and replaces any other`() throws {
        let scratch = try Scratch()
        var tar = TarBytes()
        tar.add("usr/bin/sh", content: [1])
        tar.add("bin", type: "2", link: "usr/bin")
        tar.add("bin/", type: "5", mode: 0o755)
        tar.add("bin/ls", content: [2])
        tar.add("lost", type: "2", link: "/nowhere")
        tar.add("lost/", type: "5", mode: 0o755)
        try scratch.write("x.tar", tar.archive)
        let manifest = try scratch.store.import("\(scratch.path)/x.tar", as: "x")
        let rootfs = scratch.store.rootfs(of: manifest.layers[0])
        #expect(try Files.list("\(rootfs)/usr/bin").sorted() == ["ls", "sh"])
        #expect(try Files.readLink("\(rootfs)/bin") == "usr/bin")
        #expect(try Files.status("\(rootfs)/lost").isDirectory)
    }

    @Test func `device nodes below dev are left out, setuid bits and owners kept`() throws {
        let scratch = try Scratch()
        var tar = TarBytes()
        tar.add("./dev/null", type: "3")
        tar.add("./bin/su", content: [1], mode: 0o4755, uid: 1000)
        try scratch.write("x.tar", tar.archive)
        let manifest = try scratch.store.import("\(scratch.path)/x.tar", as: "x")
        let rootfs = scratch.store.rootfs(of: manifest.layers[0])
        #expect(try Files.list("\(rootfs)/dev").isEmpty)
        let status = try Files.status("\(rootfs)/bin/su")
        #expect(status.mode & 0o7777 == 0o4755)
        #expect(status.uid == 1000)
    }

    @Test func `a decompression bomb ends at the limit`() throws {
        let scratch = try Scratch()
        var tar = TarBytes()
        for index in 0..<8 { tar.add("f\(index)", content: [UInt8](repeating: 0, count: 1 << 20)) }
        try scratch.write("x.tar", tar.archive)
        try HostCommand(["gzip", "\(scratch.path)/x.tar"]).run("compress")
        let limits = ArchiveLimits(bytes: 4 << 20)
        #expect(throws: TemplateError.archive(entry: 5, name: "f4", reason: "more than 4194304 bytes unpacked")) {
            try scratch.store.import("\(scratch.path)/x.tar.gz", as: "x", limits: limits)
        }
        #expect(throws: TemplateError.self) {
            try scratch.store.import("\(scratch.path)/x.tar.gz", as: "x", limits: ArchiveLimits(entries: 3))
        }
        #expect(try scratch.store.import("\(scratch.path)/x.tar.gz", as: "x").size >= 8 << 20)
    }

    @Test func `a damaged compressed archive is refused`() throws {
        let scratch = try Scratch()
        var tar = TarBytes()
        tar.add("f", content: (0..<200_000).map { _ in UInt8.random(in: 0...255) })
        try scratch.write("x.tar", tar.archive)
        try HostCommand(["zstd", "--quiet", "\(scratch.path)/x.tar"]).run("compress")
        let whole = try Files.readBytes("\(scratch.path)/x.tar.zst")
        try scratch.write("cut.zst", Array(whole.dropLast(1000)))
        #expect(throws: TemplateError.self) { try scratch.store.import("\(scratch.path)/cut.zst", as: "x") }
        #expect(try scratch.store.import("\(scratch.path)/x.tar.zst", as: "x").name == "x")
    }

    @Test func `GNU tar's long names, links and capabilities arrive`() throws {
        let scratch = try Scratch()
        let long = String(repeating: "directory-of-some-length/", count: 9)
        try scratch.write("tree/\(long)file", "deep")
        try scratch.write("tree/first", "linked")
        try RawFiles.hardLink("\(scratch.path)/tree/first", to: "\(scratch.path)/tree/second")
        try Files.makeLink("\(scratch.path)/tree/link", to: long)
        let file = try Files.open("\(scratch.path)/tree/first", O_RDWR)
        // vfs_cap_data version 2: effective, cap_net_raw permitted.
        let capability = ExtendedAttribute(
            name: "security.capability",
            value: [1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        )
        try RawFiles.setAttribute(file.number, capability, named: "first")
        for format in ["gnu", "posix"] {
            let archive = "\(scratch.path)/\(format).tar"
            try HostCommand(
                ["tar", "--create", "--format=\(format)", "--xattrs", "--xattrs-include=*"]
                    + ["--file=\(archive)", "--directory=\(scratch.path)/tree", "."]
            ).run("archive")
            let manifest = try scratch.store.import(archive, as: format)
            let rootfs = scratch.store.rootfs(of: manifest.layers[0])
            #expect(try Files.readText("\(rootfs)/\(long)file") == "deep")
            #expect(try Files.readLink("\(rootfs)/link") == long)
            #expect(try Files.status("\(rootfs)/second").inode == Files.status("\(rootfs)/first").inode)
            if format == "posix" {
                let first = try Files.open("\(rootfs)/first", O_RDONLY)
                #expect(try RawFiles.attributes(first.number, named: "first") == [capability])
            }
        }
    }

    @Test func `no mutation of an archive crashes the reader or writes outside`() throws {
        let scratch = try Scratch()
        var tar = TarBytes()
        tar.pax("path", "some/name")
        tar.add("a", content: Array("hello".utf8))
        tar.add("l", type: "2", link: "some")
        tar.add("l/b", content: [1, 2, 3])
        tar.add("h", type: "1", link: "l/b")
        let good = tar.archive
        var random = SystemRandomNumberGenerator()
        for round in 0..<400 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] =
                    Bool.random() ? UInt8.random(in: 0...255) : [47, 46, 48, 49, 50, 0x80].randomElement() ?? 0
            }
            // Headers keep a right checksum, or nothing past it would be tried.
            for start in stride(from: 0, to: bytes.count - 511, by: 512) where good[start + 257] == UInt8(ascii: "u") {
                let sum = (0..<512).reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(bytes[start + $1])) }
                let digits = Array(String(sum, radix: 8).utf8)
                bytes.replaceSubrange(
                    (start + 148)..<(start + 156),
                    with: [UInt8](repeating: 48, count: 6 - digits.count) + digits + [0, 32]
                )
            }
            try Files.makeDirectory("\(scratch.path)/\(round)")
            var reader = TarReader(ArraySource(bytes: bytes))
            _ = try? TarExtractor(tree: RootedTree(root: "\(scratch.path)/\(round)")).extract(&reader)
        }
        #expect(try Files.list(scratch.path).count == 400)
    }
}

struct ArraySource: ByteSource {
    var bytes: [UInt8]

    mutating func read(upTo count: Int) throws(TemplateError) -> [UInt8]? {
        if bytes.isEmpty { return nil }
        defer { bytes.removeFirst(min(count, bytes.count)) }
        return Array(bytes.prefix(count))
    }
}
