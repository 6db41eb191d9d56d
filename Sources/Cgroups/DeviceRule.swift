/// One line of a device list: who it is about, what is done, and whether that is allowed.
public struct DeviceRule: Hashable, Sendable {
    /// The kind of node.
    public enum Kind: String, Sendable {
        /// Character and block devices.
        case all = "a"
        /// Character devices.
        case char = "c"
        /// Block devices.
        case block = "b"
    }

    /// What a process does with a device node.
    ///
    /// The bits are those of `BPF_DEVCG_ACC_*` in linux/bpf.h.
    public struct Access: OptionSet, Hashable, Sendable {
        /// The bits.
        public let rawValue: UInt8
        /// From bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Makes the node.
        public static let make = Access(rawValue: 1)
        /// Opens it for reading.
        public static let read = Access(rawValue: 2)
        /// Opens it for writing.
        public static let write = Access(rawValue: 4)
        /// All three.
        public static let everything: Access = [.make, .read, .write]
    }

    /// Which kind of node.
    public var kind: Kind
    /// Major number, nil for any.
    public var major: UInt32?
    /// Minor number, nil for any.
    public var minor: UInt32?
    /// What the rule speaks of.
    public var access: Access
    /// Whether it allows or denies.
    public var allow: Bool

    /// A rule; a number that is nil stands for all.
    public init(
        _ kind: Kind,
        major: UInt32? = nil,
        minor: UInt32? = nil,
        access: Access = .everything,
        allow: Bool = true
    ) {
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
        self.allow = allow
    }

    /// What every program expects in /dev: null, zero, full, random, urandom, tty, ptmx and the slaves of pts.
    public static let standard: [DeviceRule] = [
        DeviceRule(.char, major: 1, minor: 3), DeviceRule(.char, major: 1, minor: 5),
        DeviceRule(.char, major: 1, minor: 7), DeviceRule(.char, major: 1, minor: 8),
        DeviceRule(.char, major: 1, minor: 9), DeviceRule(.char, major: 5, minor: 0),
        DeviceRule(.char, major: 5, minor: 2), DeviceRule(.char, major: 136),
    ]

    /// The rule is about every device and every access, so nothing before it matters.
    var isTotal: Bool { kind == .all && major == nil && minor == nil && access == .everything }
}

extension DeviceRule: CustomStringConvertible {
    /// The line that v1's `devices.allow` and `devices.deny` take: `c 1:3 rwm`.
    public var description: String {
        let numbers = "\(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*")"
        return "\(kind.rawValue) \(numbers) \(access.description)"
    }
}

extension DeviceRule.Access: CustomStringConvertible {
    /// `r`, `w` and `m`, in this order.
    public var description: String {
        (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.make) ? "m" : "")
    }
}
