import LinuxKernel
import Storage
import Templates

extension Engine {
    /// Directories below the library that some jail, running or kept, or some snapshot stands on.
    func layersInUse() throws(EngineError) -> Set<String> {
        var used: Set<String> = []
        let records = try attempting("reading the roots of jails") { () throws(SyscallError) in
            try OwnLayers(layout).records()
        }
        for root in records { used.formUnion(root.layers) }
        for record in JailListing(self).records() where record.state.isRunning {
            for path in record.plan.root.layers where path.hasPrefix(layout.library + "/") {
                used.insert(String(path.dropFirst(layout.library.count + 1)))
            }
        }
        return used
    }

    /// Removes layers that no template, jail or snapshot stands on, and what killed commands left.
    ///
    /// - Returns: What was removed, a name each.
    @discardableResult
    public func collectLayers() throws(EngineError) -> [String] {
        let used = try layersInUse()
        let own = try attempting("removing layers") { () throws(SyscallError) in
            try OwnLayers(layout).collect(inUse: used)
        }
        do throws(TemplateError) {
            let layers = try store.collectGarbage { used.contains("layers/\($0)/rootfs") }
            return own + layers.map(\.description)
        } catch {
            throw .template(error)
        }
    }

    /// The jail or snapshot that stands on a template's layers; nil when none does.
    public func user(of template: TemplateManifest) throws(EngineError) -> String? {
        let layers = Set(template.layers.map { "layers/\($0)/rootfs" })
        for record in JailListing(self).records() where record.state.isRunning {
            let mounted = record.plan.root.layers.map { String($0.dropFirst(layout.library.count + 1)) }
            if mounted.contains(where: layers.contains) { return "jail \(record.name)" }
        }
        for name in JailListing(self).names() {
            let root = try attempting("reading the root of \(name)") { () throws(SyscallError) in
                try JailRoot.read(layout.rootRecord(name))
            }
            if let root, root.layers.contains(where: layers.contains) { return "jail \(name)" }
            for (label, root) in try snapshots(of: name) where root.layers.contains(where: layers.contains) {
                return "snapshot \(label) of \(name)"
            }
        }
        return nil
    }

    /// Whether a jail or a snapshot of it stands on layers that came from jails.
    func standsOnOwnLayers(_ name: String) throws(EngineError) -> Bool {
        let root = try? JailRoot.read(layout.rootRecord(name))
        let all = (try? snapshots(of: name).map(\.root)) ?? []
        return (all + [root].compactMap { $0 ?? nil }).contains { root in
            root.image != nil || root.layers.contains { $0.hasPrefix("own/") }
        }
    }
}
