import Glibc
import LinuxKernel
import Storage

/// One path that a jail shows otherwise than its template.
public struct Difference: Equatable, Sendable {
    /// How it differs.
    public enum Kind: String, Sendable {
        /// The template has no such path.
        case added = "A"
        /// Content, mode or owner are others.
        case changed = "C"
        /// The template has it, the jail has not.
        case deleted = "D"
    }

    /// How it differs.
    public let kind: Kind
    /// From `/`.
    public let path: String
}

extension Engine {
    /// What a jail has changed against its template, sorted by path.
    public func differences(of name: String) throws(EngineError) -> [Difference] {
        let hold = try JailHold.take(name, self)
        let found = try attempting("reading the root of \(name)") { () throws(SyscallError) in
            try JailRoot.read(layout.rootRecord(name))
        }
        guard let root = found else {
            throw .refused(
                "comparing \(name): its root is a directory of the host: there is no template to compare with"
            )
        }
        let jail = hold.name
        return try attempting("comparing \(jail) with its template") { () throws(SyscallError) in
            let templates = root.layers.filter { $0.hasPrefix("layers/") }
            let base = try MergedRoot.open(layers: templates.map { "\(layout.library)/\($0)" }, writable: nil)
            var kinds: [String: Difference.Kind] = [:]
            for path in layout.paths(of: root).dropFirst(templates.count) {
                let folder = try Files.open(path, OpenFlag.readOnlyDirectory)
                try collect(folder.number, base.number, &kinds)
            }
            let layer = WritableLayer(stateDirectory: layout.stateDirectory(jail))
            if layer.hasImage {
                let image = try DiskImage.mount(layer.image)
                let folder = try Files.open("upper", OpenFlag.readOnlyDirectory, at: image.number)
                try collect(folder.number, base.number, &kinds)
            } else {
                let folder = try Files.open(layer.upper, OpenFlag.readOnlyDirectory)
                try collect(folder.number, base.number, &kinds)
            }
            return kinds.sorted { $0.key < $1.key }.map { Difference(kind: $0.value, path: $0.key) }
        }
    }

    /// Adds what one layer changes; the uppermost layer has the last word.
    private func collect(
        _ layer: Int32,
        _ base: Int32,
        _ kinds: inout [String: Difference.Kind]
    ) throws(SyscallError) {
        var found = kinds
        try TreeWalk.visit(layer, named: "layer") { entry throws(SyscallError) in
            let path = "/" + entry.path
            let below = TreeWalk.status(of: entry.rawPath, in: base)
            let isWhiteout = entry.status.isDevice && entry.status.representedDevice == 0
            if isWhiteout {
                found[path] = below == nil ? nil : .deleted
                for key in Array(found.keys) where key.hasPrefix(path + "/") { found[key] = nil }
                return false
            }
            guard let below else {
                found[path] = .added
                return true
            }
            // A directory is in a layer because something below it is: it differs only if it does itself.
            let same =
                entry.status.isDirectory && below.isDirectory && below.mode == entry.status.mode
                && below.uid == entry.status.uid && below.gid == entry.status.gid
            if !same { found[path] = .changed }
            return true
        }
        kinds = found
    }
}
