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
    /// How the jail was declared (``Declaration/bytes``), kept with it so that it can be started again.
    public var declaration: [UInt8] = []
    /// The tenants whose limits it shares, its own first, then whoever that one is part of.
    public var tenants: [TenantSpec] = []
    /// How this start meets what is kept under its name.
    public var standing = Standing.new

    /// How a start meets what is kept under its name.
    public enum Standing: Sendable {
        /// Nothing is kept yet, and the id range is free again when the jail ends.
        case new
        /// Nothing is kept yet; what is made now stays, with its id range, until the jail is removed.
        case created
        /// The jail is there and does not run: its writable layer, log and id range are taken up again.
        case kept
    }

    /// A foreground start of `spec`.
    public init(spec: JailSpec) {
        self.spec = spec
    }
}
