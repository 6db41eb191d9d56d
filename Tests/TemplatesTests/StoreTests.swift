import Glibc
import LinuxKernel
import Testing

@testable import Templates

@Suite struct `Manifests` {
    @Test func `a manifest survives its text form, whatever the values`() throws {
        let layer = DigestStream.of([1])
        let manifest = TemplateManifest(
            name: "x",
            input: DigestStream.of([2]),
            builtAt: 1_700_000_000,
            layers: [layer, DigestStream.of([3])],
            size: 42,
            archive: DebianArchive(release: "bookworm", mirror: "file:///srv/debian", components: ["main", "contrib"]),
            defaults: TemplateDefaults(
                command: ["/bin/sh", "-c", "a\nb \\n c", ""],
                environment: ["A=b c", "B="],
                workingDirectory: "/x y",
                user: "web",
                initKind: .system,
                stopSignal: "SIGPWR"
            )
        )
        let text = ManifestText.write(manifest)
        #expect(try ManifestText.read(Array(text.utf8), file: "x") == manifest)
        for change in [
            ("env A=b c", "env A=b d"), ("init system", "init app"), ("layer \(layer)\n", ""), ("1\nname", "2\nname"),
            ("size", "sise"),
        ] {
            let damaged = text.split(separator: change.0, maxSplits: 1, omittingEmptySubsequences: false).joined(
                separator: change.1
            )
            #expect(damaged != text)
            #expect(throws: TemplateError.self) { try ManifestText.read(Array(damaged.utf8), file: "x") }
        }
    }
}

@Suite(.enabled(if: isRoot, "a rootfs has owners: root is needed")) struct `The store` {
    private func imported(_ scratch: Scratch, _ name: String, _ content: String) throws -> TemplateManifest {
        var tar = TarBytes()
        tar.add("file", content: Array(content.utf8))
        try scratch.write("\(name).tar", tar.archive)
        return try scratch.store.import("\(scratch.path)/\(name).tar", as: name, replacing: true)
    }

    @Test func `templates are listed, found, suggested and removed`() throws {
        let scratch = try Scratch()
        #expect(try scratch.store.list().isEmpty)
        let one = try imported(scratch, "one", "1")
        _ = try imported(scratch, "three", "3")
        #expect(try scratch.store.list().map(\.name) == ["one", "three"])
        #expect(try scratch.store.find("one") == one)
        #expect(try scratch.store.lookup("two") == nil)
        #expect(throws: TemplateError.unknown(name: "tree", suggestion: "three")) { try scratch.store.find("tree") }
        #expect(throws: TemplateError.badName("../one")) { try scratch.store.lookup("../one") }
        #expect(throws: TemplateError.inUse(name: "one", by: "jail web1")) {
            try scratch.store.remove("one") { _ in "jail web1" }
        }
        try scratch.store.remove("one") { _ in nil }
        #expect(try scratch.store.list().map(\.name) == ["three"])
    }

    @Test func `an import does not replace a template unasked`() throws {
        let scratch = try Scratch()
        _ = try imported(scratch, "one", "1")
        #expect(throws: TemplateError.inUse(name: "one", by: "the template of that name")) {
            try scratch.store.import("\(scratch.path)/one.tar", as: "one")
        }
    }

    @Test func `equal content is one layer, garbage is what nobody uses`() throws {
        let scratch = try Scratch()
        let one = try imported(scratch, "one", "same")
        let two = try imported(scratch, "two", "same")
        let other = try imported(scratch, "other", "different")
        #expect(one.layers == two.layers)
        #expect(try scratch.layerDirectories().count == 2)
        for name in ["one", "other"] { try scratch.store.remove(name) { _ in nil } }
        #expect(try scratch.store.collectGarbage { $0 == other.layers[0] }.isEmpty)
        #expect(try scratch.store.collectGarbage { _ in false } == other.layers)
        #expect(try scratch.layerDirectories() == ["\(two.layers[0])"])
        #expect(try Files.readText("\(scratch.store.rootfs(of: two.layers[0]))/file") == "same")
    }

    @Test func `what a killed build left is collected by the next, a living one is not`() throws {
        let scratch = try Scratch()
        let living = try BuildDirectory.make(in: scratch.store, for: "living")
        let dead = "\(scratch.store.layersDirectory)/.building-dead-1-1"
        try scratch.write("store/layers/.building-dead-1-1/rootfs/etc/file", "left over")
        let next = try BuildDirectory.make(in: scratch.store, for: "next")
        #expect(!Files.exists(dead))
        #expect(Files.exists(living.path) && Files.exists(next.path))
        try scratch.write("store/layers/.building-dead-1-1/rootfs/etc/file", "left over")
        try scratch.store.collectGarbage { _ in false }
        #expect(!Files.exists(dead))
        #expect(Files.exists(living.path) && Files.exists(next.path))
    }

    @Test func `a build directory stays locked as long as a program works in it`() throws {
        let scratch = try Scratch()
        let path = "\(scratch.store.layersDirectory)/.building-orphan-1-1"
        try Files.makeDirectories(path)
        var worker: RunningCommand?
        do {
            let folder = try Files.open(path, O_RDONLY | O_DIRECTORY)
            #expect(try RawFiles.lock(folder.number, exclusive: true, trying: true, named: path))
            worker = try HostCommand(["sleep", "60"], held: folder.number).start("sleep", mergingErrors: false)
        }
        try scratch.store.collectGarbage { _ in false }
        #expect(Files.exists(path))
        // Killed when nobody owns it any more.
        worker = nil
        try scratch.store.collectGarbage { _ in false }
        #expect(!Files.exists(path))
        _ = consume worker
    }

    @Test func `an unreadable manifest stops the collector`() throws {
        let scratch = try Scratch()
        let one = try imported(scratch, "one", "1")
        try scratch.write("store/templates/one", "nonsense")
        #expect(throws: TemplateError.self) { try scratch.store.collectGarbage { _ in false } }
        #expect(Files.exists(scratch.store.rootfs(of: one.layers[0])))
    }

    @Test(arguments: ["x.tar", "x.tar.gz", "x.tar.zst"])
    func `an exported template comes back the same`(_ file: String) throws {
        let scratch = try Scratch()
        var tar = TarBytes()
        tar.add("bin/su", content: [1], mode: 0o4755, uid: 3)
        tar.add("l", type: "2", link: "/bin/su")
        tar.add("h", type: "1", link: "bin/su")
        try scratch.write("in.tar", tar.archive)
        let defaults = TemplateDefaults(command: ["/bin/su", "a\nb"], initKind: .system, stopSignal: "SIGPWR")
        let one = try scratch.store.import("\(scratch.path)/in.tar", as: "one", defaults: defaults)
        try scratch.store.export("one", to: "\(scratch.path)/\(file)")
        let two = try scratch.store.import("\(scratch.path)/\(file)", as: "two")
        #expect(two.layers == one.layers)
        #expect(two.defaults == defaults)
        #expect(two.digest == one.digest)
        #expect(!Files.exists("\(scratch.store.rootfs(of: two.layers[0]))/.bailey-template"))
        #expect(try scratch.layerDirectories().count == 1)
    }
}
