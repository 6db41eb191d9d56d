import Profiles

/// What a start is to be, besides its spec.
public struct JailRequest: Sendable {
    /// What the jail is.
    public var spec: JailSpec
    /// Run without the caller's streams, and report once it runs.
    public var detached = false
    /// Give the guest a terminal.
    public var terminal = false
    /// Pass the caller's input on.
    public var interactive = false
    /// Keep nothing when it ends.
    public var remove = false

    /// A foreground start of `spec`.
    public init(spec: JailSpec) {
        self.spec = spec
    }
}
