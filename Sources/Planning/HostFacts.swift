import Cgroups
import Storage

/// What planning must know about the host; gathered by the Engine, made by hand in tests.
public struct HostFacts: Sendable {
    /// Where the controllers are.
    public var hierarchy: CgroupHierarchy
    /// Answers about optional controller features.
    public var probe: CgroupProbe
    /// The number of the highest capability that the kernel knows.
    public var highestCapability: Int
    /// The disk that holds writable layers, for rates; nil when it cannot be told.
    public var disk: DiskNumber?
    /// Text of the host's resolv.conf(5).
    public var resolverConfiguration: String
    /// What holds a jail's files to the limit that was asked for, or why nothing does; nil when none was.
    public var diskBinding: Result<DiskBinding, DiskRefusal>?

    /// Makes facts.
    public init(
        hierarchy: CgroupHierarchy,
        probe: CgroupProbe,
        highestCapability: Int,
        disk: DiskNumber?,
        resolverConfiguration: String,
        diskBinding: Result<DiskBinding, DiskRefusal>? = nil
    ) {
        self.hierarchy = hierarchy
        self.probe = probe
        self.highestCapability = highestCapability
        self.disk = disk
        self.resolverConfiguration = resolverConfiguration
        self.diskBinding = diskBinding
    }
}

/// A block device by number.
public struct DiskNumber: Equatable, Sendable {
    /// Major number.
    public let major: UInt32
    /// Minor number of the whole disk.
    public let minor: UInt32

    /// Makes a number.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
}
