import Glibc
import LinuxKernel
import Testing

@testable import Templates

/// Builds of the shipped templates, with a runner that is good for development only.
@Suite(.serialized, .enabled(if: isRoot, "a rootfs has owners: root is needed")) struct `Shipped templates` {
    private static var canFetch: Bool {
        (try? HostCommand(["apt-get", "--print-uris", "download", "busybox-static"]).lines("ask apt"))?.isEmpty == false
    }

    @Test(.enabled(if: canFetch, "apt knows no busybox-static: run apt-get update"))
    func `busybox builds, runs, and is the same in two stores`() throws {
        var digests: Set<Digest> = []
        for _ in 0..<2 {
            let scratch = try Scratch()
            let catalog = TemplateCatalog(directories: [shippedTemplates])
            let builder = TemplateBuilder(catalog: catalog, store: scratch.store, runner: ChrootStepRunner())
            let manifest = try builder.build("busybox")
            digests.insert(manifest.digest)
            #expect(manifest.size < 4 << 20)
            #expect(manifest.defaults.command == ["/bin/sh"])
            var lines: [String] = []
            let command = StepCommand(
                rootfs: scratch.store.rootfs(of: manifest.layers[0]),
                arguments: ["/bin/sh", "-c", "id -un; ls /bin/vi; grep -c . /etc/passwd"],
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
                workingDirectory: "/",
                user: "root",
                needsNetwork: false
            )
            #expect(try ChrootStepRunner().run(command, output: { lines.append($0) }) == 0)
            #expect(lines == ["root", "/bin/vi", "4"])
        }
        #expect(digests.count == 1)
    }

    /// `BAILEY_BUILD_TEMPLATES="debian debian-web"` names what to build, `BAILEY_ROOT` may name a store to keep it in.
    private static var requested: [String] {
        guard let text = unsafe getenv("BAILEY_BUILD_TEMPLATES") else { return [] }
        return unsafe String(cString: text).split(separator: " ").map(String.init)
    }

    @Test(.enabled(if: !requested.isEmpty, "takes minutes: set BAILEY_BUILD_TEMPLATES to names of templates"))
    func `the requested templates build`() throws {
        let scratch = try Scratch()
        let root = unsafe getenv("BAILEY_ROOT").map { unsafe String(cString: $0) }
        let store = root.map { TemplateStore(root: $0) } ?? scratch.store
        let catalog = TemplateCatalog(directories: [shippedTemplates])
        let builder = TemplateBuilder(catalog: catalog, store: store, runner: ChrootStepRunner())
        for name in Self.requested {
            let manifest = try builder.build(name) { event in
                switch event {
                case .output(let line): if unsafe getenv("BAILEY_VERBOSE") != nil { print("  \(line)") }
                default: print(event)
                }
            }
            print(name, manifest.digest, "\(manifest.size >> 20) MiB")
            #expect(store.isComplete(manifest))
        }
    }
}
