/// An item of a list or map that is known by a name: where two files give the same one, the later file's counts.
public protocol KeyedItem: Sendable {
    /// What the item is known by: the target of a mount, the name of a variable.
    var identity: String { get }
}

/// A variable of the environment.
public struct EnvironmentVariable: Sendable, Hashable, KeyedItem, CustomStringConvertible {
    /// The name, without `=`.
    public let name: String
    /// The value, without NUL.
    public let value: String

    /// Makes a variable that is known to be well formed.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Checks a name and a value.
    public init(checking name: String, _ value: String) throws(ValueProblem) {
        guard !name.isEmpty, !name.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 <= 0x20 || $0 == 0x7F }) else {
            throw ValueProblem("\(name.quoted) is not a name of an environment variable")
        }
        guard !value.utf8.contains(0) else { throw ValueProblem("a value of the environment cannot hold NUL") }
        self.init(name: name, value: value)
    }

    /// The name.
    public var identity: String { name }
    /// The value.
    public var description: String { value }
}

/// A note attached to a jail, for listing and selecting.
public struct Label: Sendable, Hashable, KeyedItem, CustomStringConvertible {
    /// The name.
    public let name: String
    /// The value.
    public let value: String

    /// Checks a name (63 letters, digits and `-._/` at most) and a value (255 bytes at most, no control characters).
    public init(checking name: String, _ value: String) throws(ValueProblem) {
        guard Names.isLabel(name) else {
            throw ValueProblem("\(name.quoted) is not a label: up to 63 letters, digits, '-', '.', '_' and '/'")
        }
        guard value.utf8.count <= 255, !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw ValueProblem("the value of a label has up to 255 bytes and no control characters")
        }
        self.name = name
        self.value = value
    }

    /// The name.
    public var identity: String { name }
    /// The value.
    public var description: String { value }
}

/// A kernel parameter that belongs to the jail's own namespaces.
public struct KernelParameter: Sendable, Hashable, KeyedItem, CustomStringConvertible {
    /// The dotted name, such as `net.ipv4.ip_unprivileged_port_start`.
    public let name: String
    /// The text to write.
    public let value: String

    /// Parameters of the IPC namespace; ipc_namespaces(7).
    static let ipc = [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced",
    ]

    /// Whether it belongs to the network namespace.
    public var isNetwork: Bool { name.hasPrefix("net.") }

    /// Checks that the parameter is namespaced: one that is not would be set for the whole host.
    ///
    /// A `net.` name that the kernel keeps for the host alone does not exist in another network namespace, so writing
    /// it there fails and changes nothing.
    public init(checking name: String, _ value: String) throws(ValueProblem) {
        let wellFormed = !name.contains("..") && !name.hasSuffix(".") && name.utf8.allSatisfy(Self.allowed)
        let namespaced = name.hasPrefix("net.") || name.hasPrefix("fs.mqueue.") || Self.ipc.contains(name)
        guard wellFormed, namespaced else {
            if name == "kernel.hostname" || name == "kernel.domainname" {
                throw ValueProblem("\(name.quoted) is set by another key", suggestion: "spec.hostname")
            }
            throw ValueProblem(
                "\(name.quoted) does not belong to a jail's namespaces (net.*, fs.mqueue.*, System V IPC)",
                suggestion: Suggestion.nearest(to: name, among: Self.ipc)
            )
        }
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 == 0x09 || (0x20..<0x7F).contains($0) }) else {
            throw ValueProblem("the value of a kernel parameter is one line of printable text")
        }
        self.name = name
        self.value = value
    }

    private static func allowed(_ byte: UInt8) -> Bool {
        Names.isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    /// The name.
    public var identity: String { name }
    /// The value.
    public var description: String { value }
}

/// A limit of huge pages of one size.
public struct HugePageLimit: Sendable, Hashable, KeyedItem, CustomStringConvertible {
    /// The size of a page.
    public let pageSize: ByteCount
    /// How much may be used.
    public let limit: Limit<ByteCount>

    /// Reads a page size (a power of two from 64KiB to 16GiB) and a limit.
    public init(checking name: String, _ value: String, flag: Bool) throws(ValueProblem) {
        pageSize = try ByteCount(parsing: name)
        guard pageSize.bytes.nonzeroBitCount == 1, (1 << 16...1 << 34).contains(pageSize.bytes) else {
            throw ValueProblem("\(name.quoted) is not a size of huge pages", suggestion: "2MiB")
        }
        limit = try ValueType.limit(of: .size).parse(value, ReadingRules(flag: flag))
    }

    /// The size of a page.
    public var identity: String { pageSize.description }
    /// The limit.
    public var description: String { limit.description }
}
