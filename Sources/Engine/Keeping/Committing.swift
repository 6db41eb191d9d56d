import LinuxKernel
import Storage
import Templates

extension Engine {
    /// Makes a template of what a stopped jail has become.
    ///
    /// What every jail gets anew (machine-id, host name, `/run`, `/tmp`) is left out, as in a built template.
    public func commit(_ name: String, as template: String, replacing: Bool) throws(EngineError) -> TemplateManifest {
        let hold = try JailHold.take(name, self)
        try hold.requireStopped(to: "committing")
        let found = try attempting("reading the root of \(name)") { () throws(SyscallError) in
            try JailRoot.read(layout.rootRecord(name))
        }
        let root = found ?? JailRoot(template: "", digest: "", layers: [])
        let store = store
        let base = root.template.isEmpty ? nil : try? store.lookup(root.template)
        let layers = root.layers.compactMap { path in
            path.hasPrefix("layers/") ? Digest(String(path.dropFirst(7).dropLast(7))) : nil
        }
        var result: Result<TemplateManifest, TemplateError>?
        try withRoot(of: hold) { tree throws(SyscallError) in
            do throws(TemplateError) {
                result = .success(
                    try store.commit(tree: tree, as: template, like: base ?? nil, on: layers, replacing: replacing)
                )
            } catch {
                result = .failure(error)
            }
        }
        switch result {
        case .success(let manifest): return manifest
        case .failure(let error): throw .template(error)
        case nil: throw .refused("committing \(name): nothing was made")
        }
    }
}
