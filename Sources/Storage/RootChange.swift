import Glibc
import LinuxKernel

/// Gives a stopped jail another root and an empty writable layer, in steps that can be taken up again.
///
/// What the jail had written becomes a layer below `own/`, in one rename, whatever its size: the new root stands on it (a
/// snapshot, a clone) or does not (a restore; then it is garbage). Killed at any point, a jail has its old root or, after
/// ``settle()``, the new one.
public struct RootChange {
    private let layout: StateLayout
    private let name: String
    private let atStep: (String) throws(SyscallError) -> Void

    /// A change of the jail `name`.
    ///
    /// `atStep`: Called before each step with its name; tests stop there.
    ///
    /// - Precondition: The caller holds the jail's name, so it does not run.
    public init(
        _ layout: StateLayout,
        _ name: String,
        atStep: @escaping (String) throws(SyscallError) -> Void = { _ throws(SyscallError) in }
    ) {
        self.layout = layout
        self.name = name
        self.atStep = atStep
    }

    private var state: String { layout.stateDirectory(name) }
    private var current: WritableLayer { WritableLayer(stateDirectory: state) }
    private var next: WritableLayer { WritableLayer(stateDirectory: state, name: "rw.next") }

    /// Makes `root` the jail's root, and what it had written the layer `own/ID`.
    ///
    /// `root` may name the new layer.
    public func run(_ root: JailRoot, retiring id: String) throws(SyscallError) {
        if !Files.exists(layout.ownLayers) { try Files.makeDirectories(layout.ownLayers, mode: 0o700) }
        try Files.removeTree(next.parent)
        try atStep("make an empty layer")
        try next.makeSuccessor(of: current)
        var change = root
        change.retired = id
        try atStep("write the change down")
        try change.write(layout.rootChange(name))
        try carryOut(change)
    }

    /// Finishes a change that was written down, and removes what one left that was not.
    public func settle() throws(SyscallError) {
        if let change = try JailRoot.read(layout.rootChange(name)) { return try carryOut(change) }
        if Files.exists(next.parent), Files.exists(current.parent) { try Files.removeTree(next.parent) }
    }

    /// Whether a change waits to be finished.
    public var isPending: Bool { Files.exists(layout.rootChange(name)) || Files.exists(next.parent) }

    // Each step looks whether it was done: so all of it can be done again from the top.
    private func carryOut(_ change: JailRoot) throws(SyscallError) {
        guard let id = change.retired else { return }
        let retired = "\(layout.ownLayers)/\(id)"
        try atStep("move the layer")
        if Files.exists(next.parent), !Files.exists(retired), Files.exists(current.parent) {
            try Files.rename(current.parent, to: retired, replacing: false)
        }
        try atStep("put the empty layer in its place")
        if Files.exists(next.parent), !Files.exists(current.parent) {
            try Files.rename(next.parent, to: current.parent, replacing: false)
        }
        try atStep("name the new root")
        var root = change
        root.retired = nil
        try root.write(layout.rootRecord(name))
        try Files.remove(layout.rootChange(name))
    }
}
