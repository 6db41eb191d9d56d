import Profiles

/// What differs between what a jail was declared to be and what it shall be, and what it takes to change it.
public struct SpecDifference: Equatable, Sendable {
    /// One value that differs.
    public struct Change: Equatable, Sendable, CustomStringConvertible {
        /// The key.
        public let keyPath: String
        /// The value before; nil where there was none.
        public let before: String?
        /// The value wanted; nil where there shall be none.
        public let after: String?

        /// `key: before → after`.
        public var description: String { "\(keyPath): \(before ?? "not set") → \(after ?? "not set")" }
    }

    /// What it takes.
    public enum Effort: String, Sendable, Comparable {
        /// Nothing differs.
        case none
        /// Writing it down; nothing that runs notices.
        case note
        /// Limits change while it runs.
        case live
        /// It has to be started anew, with its files.
        case restart

        private var rank: Int {
            switch self {
            case .none: 0
            case .note: 1
            case .live: 2
            case .restart: 3
            }
        }

        /// By how much is disturbed.
        public static func < (left: Effort, right: Effort) -> Bool { left.rank < right.rank }
    }

    /// What differs, in the order of the reference.
    public let changes: [Change]
    /// What it takes.
    public let effort: Effort

    /// Compares two specs by what `explain` would show of them; where a value was said makes no difference.
    public init(from old: JailSpec, to new: JailSpec) {
        let (before, after) = (Self.table(old), Self.table(new))
        var changes: [Change] = []
        for key in before.order + after.order.filter({ before.values[$0] == nil })
        where before.values[key] != after.values[key] {
            changes.append(Change(keyPath: key, before: before.values[key], after: after.values[key]))
        }
        self.changes = changes
        effort = changes.map { Self.effort(of: $0.keyPath) }.max() ?? .none
    }

    private static func table(_ spec: JailSpec) -> (order: [String], values: [String: String]) {
        var order: [String] = []
        var values: [String: String] = [:]
        for row in spec.rows where row.keyPath != "extends" {
            if let value = values[row.keyPath] {
                values[row.keyPath] = value + ", " + row.valueText
            } else {
                order.append(row.keyPath)
                values[row.keyPath] = row.valueText
            }
        }
        return (order, values)
    }

    private static let notes = [
        "metadata.labels", "restart", "health", "requires", "after", "stop.grace", "bestEffort",
    ]
    private static let live = ["resources.cpu", "resources.memory", "resources.pids", "resources.io", "resources.disk"]

    /// What a change of one key takes.
    public static func effort(of keyPath: String) -> Effort {
        func isBelow(_ section: String) -> Bool { keyPath == section || keyPath.hasPrefix(section + ".") }
        // A guarantee of processor time is the supervisor's sum and no kernel's.
        if keyPath == "resources.cpu.guarantee" || notes.contains(where: isBelow) { return .note }
        return live.contains(where: isBelow) ? .live : .restart
    }
}
