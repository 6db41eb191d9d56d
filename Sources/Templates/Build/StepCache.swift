import LinuxKernel

/// What the costly steps of each template's last build left: the next build goes on after the last one that is as it was.
///
///     ROOT/cache/steps/NAME/INDEX    a manifest: its input is the step's key, its layers are the tree after that step
///
/// The layers are in the store like any other, and this keeps them from being collected. Only what one build of each
/// template went through is kept, so the cache takes at most about as much room as the templates themselves.
struct StepCache {
    let store: TemplateStore
    let template: String

    private var folder: String { "\(store.cacheDirectory)/steps/\(template)" }

    /// The last of `keys`, in the order of the steps, whose result is here whole.
    func latest(of keys: [Digest]) -> (index: Int, point: TemplateManifest)? {
        for index in keys.indices.reversed() {
            guard let point = read(index), point.input == keys[index], store.isComplete(point) else { continue }
            return (index, point)
        }
        return nil
    }

    /// Writes down what step `index` left; its layers are in the store.
    func keep(_ point: TemplateManifest, at index: Int) throws(TemplateError) {
        let path = "\(folder)/\(index)"
        try attempting("keep a step's result") { () throws(SyscallError) in
            try Files.makeDirectories(folder, mode: 0o700)
            try Files.replace(path, with: Array(ManifestText.write(point).utf8), mode: 0o600)
        }
    }

    /// Forgets results of steps that `keys` does not have.
    func forget(allBut keys: [Digest]) {
        for name in (try? Files.listIfPresent(folder)) ?? [] {
            if let index = Int(name), keys.indices.contains(index), read(index)?.input == keys[index] { continue }
            try? Files.remove("\(folder)/\(name)")
        }
    }

    /// Forgets all results of the template's steps.
    func forget() { try? Files.removeTree(folder) }

    // What cannot be read is no result: the step is done again.
    private func read(_ index: Int) -> TemplateManifest? {
        let path = "\(folder)/\(index)"
        guard let bytes = try? Files.readBytes(path, limit: 1 << 20) else { return nil }
        return try? ManifestText.read(bytes, file: path)
    }
}

extension TemplateStore {
    /// Layers that the next build of some template may go on from.
    func layersOfSteps() throws(TemplateError) -> Set<Digest> {
        let folder = "\(cacheDirectory)/steps"
        return try attempting("list the results of steps") { () throws(SyscallError) in
            var found: Set<Digest> = []
            for name in try Files.listIfPresent(folder) {
                for index in try Files.listIfPresent("\(folder)/\(name)") {
                    guard let bytes = try? Files.readBytes("\(folder)/\(name)/\(index)", limit: 1 << 20),
                        let point = try? ManifestText.read(bytes, file: index)
                    else { continue }
                    found.formUnion(point.layers)
                }
            }
            return found
        }
    }

    /// Forgets what steps of builds left; the next builds do every step again.
    ///
    /// The layers go with the next ``collectGarbage(isInUse:)``.
    public func forgetSteps() throws(TemplateError) {
        try attempting("forget the results of steps") { () throws(SyscallError) in
            let folder = "\(cacheDirectory)/steps"
            if Files.exists(folder) { try Files.removeTree(folder) }
        }
    }
}
