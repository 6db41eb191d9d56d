import Glibc
import LinuxKernel
import Testing

@testable import Templates

@Suite(.enabled(if: isRoot, "a rootfs has owners: root is needed")) struct `Building templates` {
    private func builder(_ scratch: Scratch, _ runner: some StepRunner = ScriptedStepRunner()) -> TemplateBuilder {
        TemplateBuilder(catalog: scratch.catalog, store: scratch.store, runner: runner)
    }

    private func rootfs(_ scratch: Scratch, _ manifest: TemplateManifest, layer: Int = 0) -> String {
        scratch.store.rootfs(of: manifest.layers[layer])
    }

    private let base = """
        from: empty
        steps:
          - file: { path: /etc/passwd, content: "root:x:0:0::/root:/bin/sh\\n" }
          - file: { path: /etc/group, content: "root:x:0:\\nwww:x:33:\\n" }
          - file: { path: /etc/motd, content: "${not an argument}", mode: "0600", owner: root, group: www }
          - user: { name: web, groups: [www] }
          - copy: { from: site, to: /srv }
          - symlink: { path: /srv/link, target: index }
          - run: "touch /ran"
        defaults: { command: [/bin/sh, -l], environment: { B: "2", A: "1" } }
        """

    private func makeBase(_ scratch: Scratch) throws {
        try scratch.template("base", base)
        try scratch.write("templates/base/site/index", "hello", mode: 0o600)
        try scratch.write("templates/base/site/bin/run", "#!/bin/sh", mode: 0o700)
    }

    @Test func `steps make what they say`() throws {
        let scratch = try Scratch()
        try makeBase(scratch)
        var commands: [StepCommand] = []
        let manifest = try builder(scratch, ScriptedStepRunner { commands.append($0) }).build("base")
        let root = rootfs(scratch, manifest)
        #expect(try Files.readText("\(root)/etc/motd") == "${not an argument}")
        let motd = try Files.status("\(root)/etc/motd")
        #expect((motd.mode & 0o7777, motd.uid, motd.gid) == (0o600, 0, 33))
        #expect(try Files.readText("\(root)/etc/passwd").hasSuffix("\nweb:x:1000:1000::/home/web:/bin/sh"))
        #expect(try Files.readText("\(root)/etc/group") == "root:x:0:\nwww:x:33:web\nweb:x:1000:")
        #expect(try Files.status("\(root)/home/web").uid == 1000)
        #expect(try Files.status("\(root)/srv/index").mode & 0o7777 == 0o644)
        #expect(try Files.status("\(root)/srv/bin/run").mode & 0o7777 == 0o755)
        #expect(try Files.readLink("\(root)/srv/link") == "index")
        for mountpoint in ["dev", "proc", "sys", "run", "tmp", "etc/resolv.conf", "etc/hosts", "etc/hostname"] {
            #expect(Files.exists("\(root)/\(mountpoint)"))
        }
        #expect(commands.map(\.arguments) == [["/bin/sh", "-eu", "-c", "touch /ran"]])
        #expect(commands.first?.environment.contains("SOURCE_DATE_EPOCH=1686355200") == true)
        #expect(commands.first?.needsNetwork == false)
        #expect(manifest.defaults.command == ["/bin/sh", "-l"])
        #expect(manifest.defaults.environment == ["A=1", "B=2"])
        #expect(try scratch.store.lookup("base") == manifest)
    }

    @Test func `an unchanged input is not built again, a changed one is`() throws {
        let scratch = try Scratch()
        try makeBase(scratch)
        var runs = 0
        let builder = builder(scratch, ScriptedStepRunner { _ in runs += 1 })
        let first = try builder.build("base")
        var events: [BuildEvent] = []
        #expect(try builder.build("base") { events.append($0) } == first)
        #expect(events == [.unchanged(template: "base")])
        #expect(runs == 1)
        #expect(try builder.build("base", options: BuildOptions(rebuild: true)).digest == first.digest)
        #expect(runs == 2)
        try scratch.write("templates/base/site/index", "hallo")
        #expect(try builder.build("base").digest != first.digest)
        #expect(runs == 3)
    }

    @Test func `a build goes on after the last step that is as it was`() throws {
        let scratch = try Scratch()
        func write(_ third: String) throws {
            let steps =
                "  - run: one\n  - run: two\n  - file: { path: /etc/three, content: \"\(third)\" }\n  - run: four"
            try scratch.template("t", "from: empty\nsteps:\n" + steps)
        }
        var ran: [String] = []
        var builder = self.builder(
            scratch,
            ScriptedStepRunner { step in
                let word = step.arguments.last ?? ""
                ran.append(word)
                // The second takes back what the first made, and changes a file in its place.
                try? Files.replace("\(step.rootfs)/etc/\(word)", with: Array(word.utf8))
                if word == "one" { try? Files.replace("\(step.rootfs)/gone", with: [1]) }
                if word == "two" { try? Files.remove("\(step.rootfs)/gone") }
            }
        )
        builder.worthKeeping = 0
        try write("a")
        _ = try builder.build("t")
        #expect(ran == ["one", "two", "four"])
        try write("b")
        ran = []
        var events: [BuildEvent] = []
        let second = try builder.build("t") { events.append($0) }
        #expect(ran == ["four"])
        #expect(events.contains(.reused(index: 3, description: "run two")))
        #expect(try scratch.store.listing(of: second.layers[0]).entries[TreePath("gone")] == nil)
        // What was taken from the cache is what doing all of it gives.
        #expect(try builder.build("t", options: BuildOptions(rebuild: true)).digest == second.digest)
        // Garbage collection leaves what the next build goes on from, and takes it when it is forgotten.
        try scratch.store.collectGarbage { _ in false }
        try write("c")
        ran = []
        let third = try builder.build("t")
        #expect(ran == ["four"])
        try scratch.store.forgetSteps()
        try scratch.store.collectGarbage { _ in false }
        #expect(try scratch.layerDirectories() == third.layers.map(\.description))
        try write("d")
        ran = []
        _ = try builder.build("t")
        #expect(ran == ["one", "two", "four"])
    }

    @Test func `a step that fails does not lose what the steps before it did`() throws {
        let scratch = try Scratch()
        try scratch.template("t", "from: empty\nsteps: [{ run: costly }, { run: wrong }]")
        var ran: [String] = []
        var failing = self.builder(scratch, FailingStepRunner { ran.append($0.arguments.last ?? "") })
        failing.worthKeeping = 0
        #expect(throws: TemplateError.self) { try failing.build("t") }
        #expect(ran == ["costly", "wrong"])
        ran = []
        #expect(throws: TemplateError.self) { try failing.build("t") }
        #expect(ran == ["wrong"])
    }

    @Test func `a service becomes a script of sysvinit or a unit of systemd, and starts at boot`() throws {
        let scratch = try Scratch()
        let steps = """
            steps:
              - file: { path: FILE, content: "" }
              - directory: { path: /etc/init.d }
              - service: { name: app, command: [/usr/bin/app, "it's $1 50%"], user: www-data }
              - service: { name: other, enabled: false }
            """
        var scripts: [String] = []
        let builder = self.builder(scratch, ScriptedStepRunner { scripts.append($0.arguments.last ?? "") })
        for (name, file) in [("old", "/usr/sbin/update-rc.d"), ("new", "/lib/systemd/systemd")] {
            try scratch.template(name, "from: empty\n" + steps.split(separator: "FILE").joined(separator: file))
        }
        let old = try builder.build("old")
        let script = try Files.readText("\(rootfs(scratch, old))/etc/init.d/app")
        #expect(script.contains("--startas '/usr/bin/app' -- 'it'\\''s $1 50%'"))
        #expect(script.contains("--chuid www-data"))
        #expect(
            scripts.map { $0.contains("update-rc.d app enable") || $0.contains("update-rc.d other disable") } == [
                true, true,
            ]
        )
        scripts = []
        let new = try builder.build("new")
        let unit = try Files.readText("\(rootfs(scratch, new))/etc/systemd/system/app.service")
        #expect(unit.contains("ExecStart=\"/usr/bin/app\" \"it's $$1 50%%\"\nUser=www-data"))
        #expect(scripts.last?.contains("disable other") == true)
        try scratch.template("none", "from: empty\nsteps: [{ service: app }]")
        #expect(throws: TemplateError.self) { try builder.build("none") }
        try scratch.template("bad", "from: empty\nsteps: [{ service: '../app' }]")
        #expect(throws: TemplateError.self) { try builder.build("bad") }
    }

    @Test func `changed defaults change the manifest and build nothing`() throws {
        let scratch = try Scratch()
        try scratch.template("t", "from: empty\nsteps: [{ run: x }]\ndefaults: { user: a }")
        var runs = 0
        let builder = builder(scratch, ScriptedStepRunner { _ in runs += 1 })
        let first = try builder.build("t")
        try scratch.template("t", "from: empty\nsteps: [{ run: x }]\ndefaults: { user: b }")
        let second = try builder.build("t")
        #expect(runs == 1)
        #expect(second.layers == first.layers && second.digest != first.digest)
        #expect(try scratch.store.find("t").defaults.user == "b")
    }

    @Test func `a template on another adds one layer with the changes only`() throws {
        let scratch = try Scratch()
        try makeBase(scratch)
        try scratch.template(
            "child",
            "from: { template: base }\nsteps:\n  - file: { path: /etc/new, content: x }\n  - run: change"
        )
        let runner = ScriptedStepRunner { step in
            guard step.arguments.last == "change" else { return }
            _ = try? Files.removeTree("\(step.rootfs)/srv/bin")
            _ = try? Files.replace("\(step.rootfs)/srv/index", with: [1, 2], mode: 0o644)
        }
        let child = try builder(scratch, runner).build("child")
        let parent = try scratch.store.find("base")
        #expect(child.layers.count == 2)
        #expect(child.layers.first == parent.layers.first)
        #expect(child.defaults == parent.defaults)
        let own = rootfs(scratch, child, layer: 1)
        #expect(try Files.list(own).sorted() == ["etc", "srv"])
        #expect(try Files.list("\(own)/etc") == ["new"])
        #expect(try Files.list("\(own)/srv").sorted() == ["bin", "index"])
        let whiteout = try Files.status("\(own)/srv/bin")
        #expect(whiteout.isDevice && whiteout.representedDevice == 0)
        // The parent's layer is untouched, and both together are the tree that was built.
        #expect(try Files.readText("\(rootfs(scratch, parent))/srv/index") == "hello")
        let merged = "\(scratch.path)/merged"
        try Files.makeDirectory(merged)
        try LayerTree.materialize(child.layers, of: scratch.store, into: merged, held: nil)
        #expect(!Files.exists("\(merged)/srv/bin"))
        #expect(try Files.readBytes("\(merged)/srv/index") == [1, 2])
        let listings = try child.layers.map { try scratch.store.listing(of: $0) }
        #expect(try TreeScan.list(merged) == listings[0].applying(listings[1]))
        try scratch.store.export("child", to: "\(scratch.path)/child.tar")
        let flat = try scratch.store.import("\(scratch.path)/child.tar", as: "flat")
        #expect(try scratch.store.listing(of: flat.layers[0]) == TreeScan.list(merged))
    }

    @Test func `a changed parent makes its children build again`() throws {
        let scratch = try Scratch()
        try scratch.template("base", "from: empty\nsteps: [{ file: { path: /a, content: '1' } }]")
        try scratch.template("child", "from: { template: base }\nsteps: [{ file: { path: /b, content: '1' } }]")
        let first = try builder(scratch).build("child")
        try scratch.template("base", "from: empty\nsteps: [{ file: { path: /a, content: '2' } }]")
        let second = try builder(scratch).build("child")
        #expect(first.layers[0] != second.layers[0])
        #expect(first.layers[1] == second.layers[1])
    }

    @Test func `a step that fails is named, with what it said, and nothing stays`() throws {
        let scratch = try Scratch()
        try makeBase(scratch)
        let error = #expect(throws: TemplateError.self) {
            try builder(scratch, ScriptedStepRunner(status: 3)).build("base")
        }
        #expect(
            error?.description == "template base: step run touch /ran: exit status 3: ran /bin/sh -eu -c touch /ran"
        )
        #expect(try scratch.layerDirectories().isEmpty)
        #expect(try scratch.store.list().isEmpty)
    }

    @Test func `what a step plants leads no later step out of the rootfs`() throws {
        let scratch = try Scratch()
        try Files.makeDirectory("\(scratch.path)/outside")
        try scratch.write("outside/passwd", "host")
        try scratch.template(
            "t",
            """
            from: empty
            steps:
              - run: plant
              - file: { path: /etc/passwd, content: "root:x:0:0::/:/bin/sh" }
              - file: { path: /var/deep/file, content: "x" }
              - directory: { path: /opt/dir, mode: "0777" }
              - user: { name: web }
            """
        )
        let runner = ScriptedStepRunner { step in
            for name in ["etc", "var", "opt", "dev", "tmp", "run"] {
                _ = try? Files.removeTree("\(step.rootfs)/\(name)")
                _ = try? Files.makeLink("\(step.rootfs)/\(name)", to: "\(scratch.path)/outside")
            }
        }
        _ = try? builder(scratch, runner).build("t")
        #expect(try Files.list("\(scratch.path)/outside") == ["passwd"])
        #expect(try Files.readText("\(scratch.path)/outside/passwd") == "host")
    }

    @Test func `templates in a circle are refused`() throws {
        let scratch = try Scratch()
        try scratch.template("a", "from: { template: b }")
        try scratch.template("b", "from: { template: a }")
        #expect(throws: TemplateError.circle(["a", "b", "a"])) { try builder(scratch).build("a") }
    }

    @Test func `a device node in the result is refused`() throws {
        let scratch = try Scratch()
        try scratch.template("t", "from: empty\nsteps: [{ run: x }]")
        let runner = ScriptedStepRunner { step in try? RawFiles.makeWhiteout("\(step.rootfs)/etc/node") }
        let error = #expect(throws: TemplateError.self) { try builder(scratch, runner).build("t") }
        #expect(error?.description.contains("/etc/node is a device node") == true)
    }

    @Test func `an archive as the source needs the promised digest`() throws {
        let scratch = try Scratch()
        var tar = TarBytes()
        tar.add("file", content: [1])
        try scratch.write("templates/t/r.tar", tar.archive)
        let wrong = String(repeating: "0", count: 64)
        try scratch.template("t", "from: { tar: { file: r.tar, sha256: '\(wrong)' } }")
        let found = DigestStream.of(tar.archive).hex
        #expect(throws: TemplateError.digestMismatch(file: "r.tar", expected: wrong, found: found)) {
            try builder(scratch).build("t")
        }
        try scratch.template("t", "from: { tar: { file: r.tar, sha256: '\(found)' } }")
        #expect(try Files.readBytes("\(rootfs(scratch, builder(scratch).build("t")))/file") == [1])
    }

    @Test func `packages without a dpkg are refused with what to do`() throws {
        let scratch = try Scratch()
        try scratch.template("t", "from: empty\nsteps: [{ packages: [vim] }]")
        let error = #expect(throws: TemplateError.self) { try builder(scratch).build("t") }
        #expect(error?.description.contains("no dpkg") == true)
    }
}
