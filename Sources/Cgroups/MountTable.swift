/// The cgroup mounts in the text of `/proc/self/mountinfo`.
///
/// - SeeAlso: proc_pid_mountinfo(5).
struct MountTable: Equatable {
    /// One cgroup mount.
    struct Entry: Equatable {
        /// The directory of the hierarchy that is the root of this mount: not `/` inside a container.
        var root: String
        var point: String
        var isWritable: Bool
        /// Empty for cgroup2.
        var controllers: [Controller]
    }

    var legacy: [Entry] = []
    var unified: [Entry] = []

    init(mountInfo text: [UInt8]) {
        for line in text.split(separator: UInt8(ascii: "\n")) where Self.mayBeCgroup(line) {
            read(line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// A cheap look for ` - cgroup`: a host may have hundreds of other mounts, and this runs at every start.
    private static func mayBeCgroup(_ line: ArraySlice<UInt8>) -> Bool {
        line.indices.contains { line[$0] == UInt8(ascii: "-") && line[$0...].starts(with: "- cgroup".utf8) }
    }

    // 36 35 98:0 /root /point rw,noatime master:1 - type source superOptions
    private mutating func read(_ fields: [String]) {
        guard fields.count >= 9, let dash = fields[6...].firstIndex(of: "-"), dash + 3 < fields.count else { return }
        let type = fields[dash + 1]
        guard type == "cgroup" || type == "cgroup2" else { return }
        var entry = Entry(
            root: Self.unescape(fields[3]),
            point: Self.unescape(fields[4]),
            isWritable: fields[5].split(separator: ",").contains("rw"),
            controllers: []
        )
        // A later mount on the same point hides the earlier one.
        legacy.removeAll { $0.point == entry.point }
        unified.removeAll { $0.point == entry.point }
        if type == "cgroup2" {
            unified.append(entry)
        } else {
            let options = fields[dash + 3].split(separator: ",")
            entry.controllers = options.compactMap { Controller(legacyName: $0) }
            if !entry.controllers.isEmpty { legacy.append(entry) }
        }
    }

    /// Spaces, tabs, newlines and backslashes stand as three octal digits in mountinfo.
    private static func unescape(_ field: String) -> String {
        guard field.utf8.contains(UInt8(ascii: "\\")) else { return field }
        var bytes: [UInt8] = []
        var rest = Substring(field).utf8
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, let code = UInt8(Substring(digits), radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The v1 mount point of each controller; a writable mount of the whole hierarchy is preferred.
    var legacyPoints: ControllerMap<String> {
        var best = ControllerMap<Entry>()
        for entry in legacy {
            for controller in entry.controllers where best[controller].map({ entry.rank > $0.rank }) ?? true {
                best[controller] = entry
            }
        }
        return best.mapValues(\.point)
    }

    /// The v2 mount to use.
    var unifiedMount: Entry? {
        unified.reduce(nil) { best, entry in
            guard let best else { return entry }
            return entry.rank > best.rank ? entry : best
        }
    }
}

extension MountTable.Entry {
    fileprivate var rank: Int { (isWritable ? 2 : 0) + (root == "/" ? 1 : 0) }
}
