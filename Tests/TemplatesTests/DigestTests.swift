import Glibc
import LinuxKernel
import Testing

@testable import Templates

@Suite struct `Digests` {
    @Test func `SHA-256 of "abc" is the one in FIPS 180-4`() {
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(DigestStream.of(Array("abc".utf8)).hex == hex)
        #expect(Digest("sha256-\(hex)")?.hex == hex)
        #expect(Digest("sha256-\(hex.dropLast())") == nil)
        #expect(Digest("sha256-\(hex.uppercased())") == nil)
    }

    private func entry(_ kind: TreeEntry.Kind, mode: UInt32 = 0o644) -> TreeEntry {
        TreeEntry(kind: kind, mode: kind == .whiteout ? 0 : mode, uid: 0, gid: 0, attributes: [])
    }

    private func tree(_ files: KeyValuePairs<String, TreeEntry.Kind>) -> TreeListing {
        var listing = TreeListing()
        listing.entries[TreePath("")] = entry(.directory)
        for (path, kind) in files { listing.entries[TreePath(path)] = entry(kind) }
        return listing
    }

    @Test func `a listing survives its text form, whatever the names`() {
        var listing = tree([
            "a": .directory, "a/b c": .file(size: 3, hex: "00ff"), "a/\n\\x": .link(target: "/et c/\u{1}"), ".": .fifo,
            "e\u{301}": .fifo, "\u{e9}": .fifo, "gone": .whiteout,
        ])
        listing.entries[TreePath("cap")] = TreeEntry(
            kind: .file(size: 0, hex: "e3"),
            mode: 0o4755,
            uid: 7,
            gid: 65_535,
            attributes: [
                ExtendedAttribute(name: "user.a=b c", value: [0, 255]), ExtendedAttribute(name: "user.z", value: []),
            ]
        )
        #expect(TreeListing(parsing: listing.text) == listing)
        #expect(listing.entries.count == 9)
    }

    @Test func `a layer laid over its base gives the tree it was made from`() {
        let base = tree([
            "etc": .directory, "etc/a": .file(size: 1, hex: "aa"), "etc/b": .file(size: 1, hex: "bb"),
            "var": .directory, "var/x": .directory, "var/x/y": .fifo, "lib": .link(target: "usr/lib"), "swap": .fifo,
        ])
        let full = tree([
            "etc": .directory, "etc/a": .file(size: 1, hex: "aa"), "etc/b": .file(size: 2, hex: "b2"),
            "var": .file(size: 0, hex: ""), "lib": .directory, "lib/new": .fifo, "swap": .directory, "swap/in": .fifo,
        ])
        let layer = full.layer(over: base)
        #expect(base.applying(layer) == full)
        // Unchanged files are not in it, nor whiteouts below what a file hides.
        #expect(layer.entries[TreePath("etc/a")] == nil)
        #expect(layer.entries[TreePath("var/x")] == nil)
        let gone = tree(["etc": .directory])
        #expect(base.applying(gone.layer(over: base)) == gone)
        #expect(gone.layer(over: base).entries[TreePath("etc/b")]?.kind == .whiteout)
        #expect(gone.layer(over: base).entries[TreePath("var/x")] == nil)
        #expect(full.layer(over: full).entries.isEmpty)
    }

    @Test func `a tree's digest sees content, mode, name and target, not times or order`() throws {
        let scratch = try Scratch()
        for name in ["one", "two"] {
            try scratch.write("\(name)/f", "content")
            try scratch.write("\(name)/d/g", "more")
            try Files.makeLink("\(scratch.path)/\(name)/l", to: "f")
        }
        let first = try TreeScan.list("\(scratch.path)/one").digest
        let file = try Files.open("\(scratch.path)/two/f", O_RDWR)
        try RawFiles.setTime(file.number, seconds: 1, named: "f")
        #expect(try TreeScan.list("\(scratch.path)/two").digest == first)

        var seen: Set<Digest> = [first]
        func changed(_ change: () throws -> Void) throws -> Bool {
            try change()
            return seen.insert(try TreeScan.list("\(scratch.path)/two").digest).inserted
        }
        #expect(try changed { try Files.write(file.number, Array("C".utf8), named: "f") })
        #expect(try changed { try RawFiles.setOwner(file.number, uid: 0, gid: 0, mode: 0o4755, named: "f") })
        #expect(try changed { try Files.rename("\(scratch.path)/two/f", to: "\(scratch.path)/two/h") })
        #expect(try changed { try Files.remove("\(scratch.path)/two/l") })
        #expect(try changed { try Files.makeLink("\(scratch.path)/two/l", to: "h") })
        #expect(
            try changed {
                try RawFiles.setAttribute(file.number, ExtendedAttribute(name: "user.x", value: [1]), named: "f")
            }
        )
    }

    private static let spec = """
        arguments: { site: a }
        from: empty
        steps:
          - copy: { from: f, to: /f }
          - run: "echo hello"
          - file: { path: /x, content: y }
          - user: { name: web, uid: 1000 }
        """

    private func input(_ scratch: Scratch, _ spec: String, arguments: [String: String] = [:]) throws -> Digest {
        try scratch.template("t", spec)
        let template = try scratch.catalog.load("t", arguments: arguments)
        return try InputDigest.of(template, .init(parent: nil, aptSources: nil, image: nil, date: 1))
    }

    @Test(arguments: [
        ("to: /f", "to: /g"), ("echo hello", "echo hallo"), ("content: y", "content: z"), ("path: /x", "path: /z"),
        ("uid: 1000", "uid: 1001"), ("site: a", "site: b"), ("from: empty", "from: { template: u }"),
        ("content: y", "content: y, mode: '0600'"), ("from: f, ", "from: f, owner: '1', "),
        ("- run:", "- packages: [vim]\n  - run:"),
    ])
    func `every input is part of the input digest`(_ old: String, _ new: String) throws {
        let scratch = try Scratch()
        try scratch.write("templates/t/f", "file")
        try scratch.template("u", "from: empty")
        let before = try input(scratch, Self.spec)
        let parts = Self.spec.split(separator: old, omittingEmptySubsequences: false)
        #expect(parts.count == 2)
        #expect(try input(scratch, parts.joined(separator: new)) != before)
    }

    @Test func `copied files count with content and execute bit, comments and other mode bits do not`() throws {
        let scratch = try Scratch()
        try scratch.write("templates/t/f", "file", mode: 0o644)
        let before = try input(scratch, Self.spec)
        #expect(try input(scratch, "# a comment\n" + Self.spec) == before)
        try scratch.write("templates/t/f", "file", mode: 0o600)
        #expect(try input(scratch, Self.spec) == before)
        try scratch.write("templates/t/f", "file", mode: 0o755)
        let executable = try input(scratch, Self.spec)
        try scratch.write("templates/t/f", "fil2", mode: 0o644)
        let other = try input(scratch, Self.spec)
        #expect(Set([before, executable, other]).count == 3)
        #expect(try input(scratch, Self.spec, arguments: ["site": "b"]) != other)
    }
}
