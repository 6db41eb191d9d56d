import LinuxKernel
import Planning
import Profiles
import Storage
import Templates

extension Engine {
    /// What a jail keeps on disk and may keep; nil for one whose root is a directory of the host.
    public func diskAccount(of name: String) throws(EngineError) -> DiskAccount? {
        try attempting("reading the disk account of \(name)") { () throws(SyscallError) in
            try DiskAccount.of(layout.stateDirectory(name))
        }
    }

    /// Bytes that a jail keeps, where something counts them all the time; nil where looking would cost more than a call.
    public func countedDiskUse(of name: String) -> UInt64? {
        let state = layout.stateDirectory(name)
        guard !WritableLayer(stateDirectory: state).hasImage, let account = try? DiskAccount.of(state),
            account.binding != nil
        else { return nil }
        return account.use.space
    }

    /// Gives a jail the disk limit of another spec, if that is another.
    public func resizeDisk(of name: String, from old: JailSpec, to new: JailSpec) throws(EngineError) {
        if old.diskLimit != new.diskLimit { try resizeDisk(of: name, to: new.diskLimit) }
    }

    /// Gives a jail another disk limit, while it runs or not.
    ///
    /// - Throws: ``EngineError/refused(_:)`` with the figures when the jail keeps more already; the old limit holds then.
    public func resizeDisk(of name: String, to limit: DiskLimit) throws(EngineError) {
        let state = JailListing(self).state(of: name)
        let isRunning = state == .running || state == .paused || state == .starting
        do throws(DiskRefusal) {
            try DiskAccount.resize(to: limit, layout.stateDirectory(name), isRunning: isRunning)
        } catch {
            throw .refused("changing the disk limit of \(name): \(error.reason)")
        }
    }
}

extension TemplateStore {
    /// The root of a new jail from a template.
    func root(of template: TemplateManifest) -> JailRoot {
        JailRoot(
            template: template.name,
            digest: "\(template.digest)",
            layers: template.layers.map { "layers/\($0)/rootfs" }
        )
    }
}
