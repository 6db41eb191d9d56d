/// A device node that a jail may have beyond the usual ones.
public struct Device: Sendable, Hashable, KeyedItem, CustomStringConvertible {
    /// The node, a path below `/dev` on the host and, the same, in the jail.
    public var path = ""
    /// Whether it may be read.
    public var read = true
    /// Whether it may be written.
    public var write = true
    /// Whether a node for it may be made.
    public var makeNode = false

    /// Makes a device without a path.
    public init() {}

    /// Reads `--device`'s `/dev/fuse[:rw]`.
    init(flag text: String) throws(ValueProblem) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, parts.count <= 2 else {
            throw ValueProblem("\(text.quoted) is not /dev/NAME or /dev/NAME:ACCESS")
        }
        path = try Paths.absolute(first)
        if parts.count == 2 { try set(access: parts[1]) }
        self = try validated()
    }

    mutating func set(access text: String) throws(ValueProblem) {
        guard !text.isEmpty, text.allSatisfy({ "rwm".contains($0) }), Set(text).count == text.count else {
            throw ValueProblem("\(text.quoted) is not made of r (read), w (write) and m (make a node), as in rw")
        }
        read = text.contains("r")
        write = text.contains("w")
        makeNode = text.contains("m")
    }

    func validated() throws(ValueProblem) -> Device {
        guard !path.isEmpty else { throw ValueProblem("a device needs a path") }
        guard path.hasPrefix("/dev/") else { throw ValueProblem("\(path.quoted) is not below /dev") }
        return self
    }

    /// The access in the letters of the devices controller.
    public var access: String { (read ? "r" : "") + (write ? "w" : "") + (makeNode ? "m" : "") }
    /// The path.
    public var identity: String { path }
    /// The access.
    public var description: String { access }
}

/// A line of `/etc/hosts`.
public struct HostEntry: Sendable, Hashable, KeyedItem, CustomStringConvertible {
    /// The address; nil only until it is read.
    public var address: IPAddress?
    /// The names it has; the first is the canonical one.
    public var names: [String] = []

    /// Makes an entry without address and names.
    public init() {}

    /// Reads `--add-host`'s `name:address`.
    init(flag text: String) throws(ValueProblem) {
        guard let colon = text.firstIndex(of: ":") else { throw ValueProblem("\(text.quoted) is not NAME:ADDRESS") }
        let name = String(text[..<colon])
        try Names.checkHost(name, longest: 253)
        names = [name]
        address = try IPAddress(parsing: String(text[text.index(after: colon)...]))
    }

    func validated() throws(ValueProblem) -> HostEntry {
        guard address != nil else { throw ValueProblem("a host entry needs an address") }
        guard !names.isEmpty else { throw ValueProblem("a host entry needs at least one name") }
        return self
    }

    /// The first name: two lines for one name would hide one of them.
    public var identity: String { names.first ?? "" }
    /// The address and its names.
    public var description: String { ([address?.description ?? ""] + names).joined(separator: " ") }
}
