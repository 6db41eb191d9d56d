import Glibc
import LinuxKernel
import Storage
import Templates

/// What an export leaves out and how it is written.
public struct ExportOptions: Sendable {
    /// Layers that the other side has already, as ``Engine/layersHere()`` names them.
    public var have: Set<String> = []
    /// Leave snapshots out.
    public var withoutSnapshots = false

    /// Everything.
    public init() {}
}

extension Engine {
    static let exportHead = "bailey-export 1"

    /// Names of the layers on this host, for an export that leaves them out.
    public func layersHere() throws(EngineError) -> [String] {
        try attempting("listing layers") { () throws(SyscallError) in
            let templates = try Files.listIfPresent("\(layout.library)/layers").filter { $0.hasPrefix("sha256-") }
            let own = try Files.listIfPresent(layout.ownLayers).filter { !$0.hasPrefix(".") }
            return (templates.map { "layers/\($0)" } + own.map { "own/\($0)" }).sorted()
        }
    }

    /// Writes a jail as one stream: how it was declared, its layers, its snapshots, each part with its digest.
    ///
    /// The jail may run: it stands still while what it wrote is copied, and goes on while the copy is sent.
    ///
    /// `output` gets a tar archive, not compressed; see ``PartWriter``. After an error the stream is cut off, and no importer
    /// takes it for whole.
    public func export(_ name: String, to output: Int32, _ options: ExportOptions) throws(EngineError) {
        let kept = try attempting("keeping layers") { () throws(SyscallError) in try OwnLayers(layout).hold() }
        let (root, snapshots) = try rootToExport(name, options)
        do throws(TemplateError) {
            let writer = PartWriter(to: output)
            try writer.part("export", Array("\(Self.exportHead)\nname \(name)\n".utf8))
            for file in ["declaration", "record"] {
                guard let bytes = try? Files.readBytes("\(layout.stateDirectory(name))/\(file)") else { continue }
                try writer.part("jail/\(file)", bytes)
            }
            try writer.part("jail/root", Array(root.text.utf8))
            for (label, snapshot) in snapshots { try writer.part("snapshots/\(label)", Array(snapshot.text.utf8)) }
            if let manifest = try? Files.readBytes("\(store.templatesDirectory)/\(root.template)") {
                try writer.part("template", manifest)
            }
            for layer in Self.parts([root] + snapshots.map(\.root)) where !options.have.contains(layer) {
                try writer.part(layer, outputOf: Self.tar("\(layout.library)/\(layer)"), "send \(layer)")
            }
            try writer.part("end", Array("\(Self.exportHead)\n".utf8))
            try writer.end()
        } catch {
            throw .template(error)
        }
        _ = kept.number
    }

    private func rootToExport(
        _ name: String,
        _ options: ExportOptions
    ) throws(EngineError) -> (JailRoot, [(label: String, root: JailRoot)]) {
        let hold = try JailHold.take(name, self)
        let root = try freezeLayers(hold)
        return (root, options.withoutSnapshots ? [] : try snapshots(of: name))
    }

    /// Directories below the library that these roots need, each once, the lowest first.
    private static func parts(_ roots: [JailRoot]) -> [String] {
        var found: [String] = []
        for root in roots {
            let layers = root.layers.map { path in path.split(separator: "/").prefix(2).joined(separator: "/") }
            for part in layers + (root.image.map { ["own/\($0)"] } ?? []) where !found.contains(part) {
                found.append(part)
            }
        }
        return found
    }

    /// The same tree gives the same bytes, so that a backup program finds what it has already.
    private static func tar(_ directory: String) -> [String] {
        [
            "tar", "--create", "--format=posix", "--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f",
            "--sort=name", "--numeric-owner", "--sparse", "--xattrs", "--xattrs-include=*", "--warning=no-file-ignored",
            "--directory=\(directory)", "--exclude=./work", ".",
        ]
    }
}
