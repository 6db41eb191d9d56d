import LinuxKernel

/// The directory pair that overlayfs writes to, below a jail's state directory.
public struct WritableLayer: Equatable, Sendable {
    private let parent: String

    /// The layer of the jail with this state directory.
    public init(stateDirectory: String) {
        parent = stateDirectory + "/rw"
    }

    /// What the guest has changed.
    public var upper: String { parent + "/upper" }

    /// Scratch space of overlayfs.
    public var work: String { parent + "/work" }

    /// Makes both, owned by host root: the idmapped mount shows them as the jail's root's.
    public func make() throws(SyscallError) {
        try Files.makeDirectory(parent, mode: 0o700)
        try Files.makeDirectory(upper, mode: 0o755)
        try Files.makeDirectory(work, mode: 0o700)
    }
}
