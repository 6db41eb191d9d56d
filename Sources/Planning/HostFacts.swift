import Cgroups

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

    /// Makes facts.
    public init(
        hierarchy: CgroupHierarchy,
        probe: CgroupProbe,
        highestCapability: Int,
        disk: DiskNumber?,
        resolverConfiguration: String
    ) {
        self.hierarchy = hierarchy
        self.probe = probe
        self.highestCapability = highestCapability
        self.disk = disk
        self.resolverConfiguration = resolverConfiguration
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
