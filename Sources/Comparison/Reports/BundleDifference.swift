/// What has changed between two bundles: the ratios to native, which hosts of different speed share.
public struct BundleDifference {
    private let lines: [[String]]
    private let remarks: [String]

    /// Compares row by row; intervals that touch are no change.
    public init(_ old: Bundle, _ new: Bundle) {
        let before = Analysis(old).rows
        let after = Analysis(new).rows
        var lines = [["workload", "subject", "before", "after", "change"]]
        var only: [String] = []
        for row in after where row.subject != Analysis.base {
            guard let was = before.first(where: { $0.workload == row.workload && $0.subject == row.subject }) else {
                only.append("\(row.workload), \(row.subject): only in the second")
                continue
            }
            guard let ratio = row.ratio, let old = was.ratio else { continue }
            lines.append([row.workload, row.subject, Self.text(old, was), Self.text(ratio, row), Self.change(was, row)])
        }
        for row in before where !after.contains(where: { $0.workload == row.workload && $0.subject == row.subject }) {
            only.append("\(row.workload), \(row.subject): only in the first")
        }
        self.lines = lines
        remarks = only
    }

    private static func text(_ ratio: Double, _ row: Analysis.Row) -> String {
        let interval = row.interval.map { " (\(Decimal.ratio($0.lowerBound))…\(Decimal.ratio($0.upperBound)))" }
        return Decimal.ratio(ratio) + (interval ?? "")
    }

    private static func change(_ old: Analysis.Row, _ new: Analysis.Row) -> String {
        guard let a = old.interval, let b = new.interval, let was = old.ratio, let now = new.ratio else {
            return "too few rounds"
        }
        let noise = max(old.floor ?? 0, new.floor ?? 0)
        if a.overlaps(b) || abs(now / was - 1) <= noise { return "no difference seen" }
        return (now > was ? "+" : "") + Decimal.text((now / was - 1) * 100, places: 1) + " %"
    }

    /// Columns for a terminal.
    public var table: String {
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return
            (lines.map { row in
                row.enumerated().map { $1 + String(repeating: " ", count: $0 == 4 ? 0 : widths[$0] - $1.count) }
                    .joined(separator: "  ")
            } + remarks).joined(separator: "\n")
    }
}
