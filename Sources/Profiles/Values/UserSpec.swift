/// Whom the command runs as; written `name`, `1000`, `name:group` or `1000:1000`.
public struct UserSpec: Sendable, Hashable, CustomStringConvertible {
    /// A user or group, by name (looked up in the rootfs) or by number (inside the jail).
    public enum Identity: Sendable, Hashable, CustomStringConvertible {
        /// To be found in `/etc/passwd` or `/etc/group` of the rootfs.
        case name(String)
        /// A number inside the jail's range of 65,536.
        case id(UInt32)

        /// The name or the number.
        public var description: String {
            switch self {
            case .name(let name): name
            case .id(let id): String(id)
            }
        }
    }

    /// The user.
    public let user: Identity
    /// The group; nil for the one that the rootfs gives the user.
    public let group: Identity?

    /// User 0 of the jail.
    public static let root = UserSpec(user: .id(0), group: .id(0))

    /// Makes a user with a group.
    public init(user: Identity, group: Identity?) {
        self.user = user
        self.group = group
    }

    /// Reads `user[:group]`.
    public init(parsing text: String) throws(ValueProblem) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2 else {
            throw ValueProblem("\(text.quoted) is not USER or USER:GROUP")
        }
        user = try Self.identity(String(first), "user")
        group = parts.count == 2 ? try Self.identity(String(parts[1]), "group") : nil
    }

    private static func identity(_ text: String, _ what: String) throws(ValueProblem) -> Identity {
        if let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
            guard let id = UInt32(text), id < 65_536 else {
                throw ValueProblem("\(text.quoted) is not a \(what) id below 65536, the size of a jail's range")
            }
            return .id(id)
        }
        // The names that useradd(8) makes, and upper case, which older systems had.
        let allowed = text.utf8.allSatisfy { byte in
            Names.isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || "_-.$".utf8.contains(byte)
        }
        guard allowed, !text.isEmpty, text.utf8.count <= 32, text.first != "-", text.first != "." else {
            throw ValueProblem("\(text.quoted) is not the name of a \(what)")
        }
        return .name(text)
    }

    /// The user, and the group where one was given.
    public var description: String { group.map { "\(user):\($0)" } ?? "\(user)" }
}

/// Processors by number; written `0-1,4`.
public struct CPUList: Sendable, Hashable, CustomStringConvertible {
    /// Ranges in rising order, none touching the next.
    public let ranges: [ClosedRange<Int>]

    /// Reads the kernel's list format; cpuset(7), FORMATS.
    public init(parsing text: String) throws(ValueProblem) {
        var ranges: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let low = ends.first ?? nil, let high = ends.last ?? nil,
                low >= 0, low <= high, high < 8192, part.utf8.first != UInt8(ascii: "+")
            else {
                throw ValueProblem("\(text.quoted) is not a list of CPU numbers, as in \"0-1,4\"")
            }
            ranges.append(low...high)
        }
        self.ranges = Self.joined(ranges)
    }

    private static func joined(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
        var result: [ClosedRange<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// How many processors are listed.
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The list in the kernel's format.
    public var description: String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
    }
}
