/// Texts of one bundle; the same bundle gives the same bytes.
public struct Report {
    private let bundle: Bundle
    private let analysis: Analysis

    /// A report over a bundle.
    public init(_ bundle: Bundle) {
        self.bundle = bundle
        analysis = Analysis(bundle)
    }

    private static let head = ["workload", "subject", "an operation", "ratio", "95 % interval", "host CPU", "verdict"]

    private var cells: [[String]] {
        analysis.rows.filter { $0.ratio != nil }.map { row in
            [
                row.workload, row.subject, row.cost.map(Decimal.time) ?? "-", row.ratio.map(Decimal.ratio) ?? "-",
                row.interval.map { "\(Decimal.ratio($0.lowerBound))…\(Decimal.ratio($0.upperBound))" }
                    ?? "too few rounds",
                row.hostCost.map(Decimal.time) ?? "-", row.verdict.text + (row.note.isEmpty ? "" : " (\(row.note))"),
            ]
        }
    }

    /// Rows that have nothing to show, and why.
    private var missing: [String] {
        let silent = analysis.rows.filter { $0.ratio == nil }
        // A subject that did not run is one line, not one for each workload.
        let absent = bundle.header.subjects.compactMap { one in one.reason.map { "\(one.name): did not run: \($0)" } }
        let gone = Set(bundle.header.subjects.filter { $0.reason != nil }.map(\.name))
        return absent
            + silent.filter { !gone.contains($0.subject) }.map {
                "\($0.subject), \($0.workload): \($0.note.isEmpty ? "no trial" : $0.note)"
            }
    }

    private var remarks: [String] {
        let flagged = analysis.rows.filter { $0.outliers > 0 }.reduce(0) { $0 + $1.outliers }
        let stolen = bundle.samples.reduce(0.0) { $0 + Double($1.stolen) }
        return [
            bundle.isComplete ? nil : "the run did not come to its end: these are the trials that did",
            flagged > 0
                ? "\(flagged) of \(bundle.samples.count) trials lie far from their median; none was left out" : nil,
            stolen > 0 ? "this host's own host kept \(Decimal.time(stolen)) of processor time meanwhile" : nil,
        ].compactMap(\.self)
    }

    // MARK: text

    /// Columns for a terminal.
    public var table: String {
        let rows = [Self.head] + cells
        let widths = Self.head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }.joined(separator: "  ")
        }
        return (lines + missing + remarks).joined(separator: "\n")
    }

    /// For a page of documentation.
    public var markdown: String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        var lines = [line(Self.head), "|" + String(repeating: "---|", count: Self.head.count)]
        lines += cells.map(line)
        lines += [""] + (missing + remarks).map { "- \($0)" } + ["", "| fact | value |", "|---|---|"]
        lines += facts.map { line($0) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line a row, numbers as numbers.
    public var csv: String {
        func quoted(_ text: String) -> String {
            text.contains { "\",\n".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
        }
        func number(_ value: Double?) -> String { value.map { Decimal.text($0, places: 6) } ?? "" }
        let head = "workload,subject,nanoseconds,ratio,low,high,floor,host_nanoseconds,rounds,outliers,verdict,note"
        let lines = analysis.rows.map { row in
            [
                row.workload, row.subject, number(row.cost), number(row.ratio), number(row.interval?.lowerBound),
                number(row.interval?.upperBound), number(row.floor), number(row.hostCost), "\(row.rounds)",
                "\(row.outliers)", quoted(row.verdict.text), quoted(row.note),
            ].joined(separator: ",")
        }
        return ([head] + lines).joined(separator: "\n") + "\n"
    }

    private var facts: [[String]] {
        [
            ["command", bundle.header.command], ["seed", "\(bundle.header.seed)"],
            ["a trial", "\(bundle.header.milliseconds) ms"], ["trials", "\(bundle.samples.count)"],
        ] + bundle.header.facts
    }

    // MARK: page

    /// One page that needs nothing else: a plot and a table for each workload.
    public var html: String {
        let sections = bundle.header.workloads.map { name in
            let rows = analysis.rows.filter { $0.workload == name }
            let title = Workload.named(name)?.operation ?? name
            return "<h2>\(Markup.escaped(name)): \(Markup.escaped(title))</h2>\n"
                + RatioPlot(rows.filter { $0.ratio != nil && $0.subject != Analysis.base }).svg + Self.rows(rows)
        }
        let notes = (missing + remarks).map { "<li>\(Markup.escaped($0))</li>" }.joined()
        let sheet = facts.map { "<tr>" + $0.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>" }.joined(
            separator: "\n"
        )
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>bailey compare</title>
            <meta name="viewport" content="width=device-width">
            <style>\(Markup.style)</style></head><body>
            <h1>What each way of running a guest costs here</h1>
            <p>Cost of an operation as a ratio to the native one of the same round: the median of all rounds, with its exact 95 %
            interval. The grey band is how far two equal native subjects were apart: no smaller difference is believed.</p>
            \(sections.joined(separator: "\n"))
            <h2>What is missing or odd</h2><ul>\(notes.isEmpty ? "<li>nothing</li>" : notes)</ul>
            <h2>Fairness sheet</h2><table>\(sheet)</table>
            </body></html>

            """
    }

    private static func rows(_ rows: [Analysis.Row]) -> String {
        let body = rows.map { row in
            let cells = [
                row.subject, row.cost.map(Decimal.time) ?? "-", row.ratio.map(Decimal.ratio) ?? "-",
                row.interval.map { "\(Decimal.ratio($0.lowerBound))…\(Decimal.ratio($0.upperBound))" } ?? "-",
                row.hostCost.map(Decimal.time) ?? "-", "\(row.rounds)", row.verdict.text, row.note,
            ]
            return "<tr>" + cells.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>"
        }
        let head = ["subject", "an operation", "ratio", "95 % interval", "host CPU", "rounds", "verdict", "note"]
        return "<table><tr>" + head.map { "<th>\($0)</th>" }.joined() + "</tr>\n" + body.joined(separator: "\n")
            + "</table>"
    }
}

/// Text in a page.
enum Markup {
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    static let style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}\
        table{border-collapse:collapse;margin:.5em 0 2em;font-size:13px}td,th{padding:.2em .8em .2em 0;text-align:left;\
        border-bottom:1px solid #ddd;vertical-align:top}h2{font-size:1.1em;margin-top:2em}svg{max-width:100%;height:auto}\
        @media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#444}text{fill:#ddd}}
        """
}
