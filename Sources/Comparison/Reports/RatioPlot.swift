import Glibc

/// Ratios with their intervals as one drawing, on a logarithmic axis: twice as slow is as far from 1 as twice as fast.
struct RatioPlot {
    private let rows: [Analysis.Row]
    private let least: Double
    private let most: Double

    private static let left = 110.0
    private static let width = 760.0
    private static let line = 24.0

    init(_ rows: [Analysis.Row]) {
        self.rows = rows
        let values = rows.flatMap { row in
            [row.ratio ?? 1, row.interval?.lowerBound ?? 1, row.interval?.upperBound ?? 1]
        }.filter { $0 > 0 }
        // Room around what there is, and never less than a tenth around 1.
        least = min(values.min() ?? 1, 0.9) * 0.95
        most = max(values.max() ?? 1, 1.1) * 1.05
    }

    private func x(_ ratio: Double) -> Double {
        let part = (log(min(max(ratio, least), most)) - log(least)) / (log(most) - log(least))
        return Self.left + part * (Self.width - Self.left - 20)
    }

    private func number(_ value: Double) -> String { Decimal.text(value, places: 1) }

    var svg: String {
        if rows.isEmpty { return "" }
        let height = Double(rows.count) * Self.line + 30
        let parts = [band(height), axis(height)] + rows.enumerated().map { mark($1, Double($0) * Self.line + 14) }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(Self.width)) \(number(height))" \
            width="\(number(Self.width))" role="img" aria-label="ratios to native" font-size="12" \
            font-family="system-ui,sans-serif">\(parts.joined(separator: "\n"))</svg>

            """
    }

    private func band(_ height: Double) -> String {
        guard let floor = rows.first?.floor else { return "" }
        let (from, to) = (x(max(1 - floor, least)), x(1 + floor))
        return
            "<rect x=\"\(number(from))\" y=\"0\" width=\"\(number(max(1, to - from)))\" height=\"\(number(height - 22))\" "
            + "fill=\"#999\" opacity=\".25\"/>"
    }

    private func axis(_ height: Double) -> String {
        let all = [0.1, 0.2, 0.5, 0.8, 0.9, 1, 1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000]
        var ticks: [Double] = []
        // Labels that would touch the one before are left out; 1 always stands.
        for tick in all where tick >= least && tick <= most {
            if let last = ticks.last, x(tick) - x(last) < 34 {
                if tick == 1 { ticks[ticks.count - 1] = 1 }
                continue
            }
            ticks.append(tick)
        }
        return ticks.map { tick in
            let place = number(x(tick))
            return "<line x1=\"\(place)\" x2=\"\(place)\" y1=\"0\" y2=\"\(number(height - 22))\" stroke=\"#888\" "
                + "stroke-width=\"\(tick == 1 ? "1.5" : ".3")\"/>"
                + "<text x=\"\(place)\" y=\"\(number(height - 6))\" text-anchor=\"middle\">\(Decimal.text(tick, places: tick < 2 && tick != 1 ? 1 : 0))</text>"
        }.joined()
    }

    private func mark(_ row: Analysis.Row, _ y: Double) -> String {
        let color: String
        switch row.verdict {
        case .slower: color = "#c33"
        case .faster: color = "#283"
        default: color = "#57a"
        }
        var parts = ["<text x=\"0\" y=\"\(number(y + 4))\">\(Markup.escaped(row.subject))</text>"]
        if let interval = row.interval {
            parts.append(
                "<line x1=\"\(number(x(interval.lowerBound)))\" x2=\"\(number(x(interval.upperBound)))\" y1=\"\(number(y))\" "
                    + "y2=\"\(number(y))\" stroke=\"\(color)\" stroke-width=\"3\"/>"
            )
        }
        if let ratio = row.ratio {
            parts.append("<circle cx=\"\(number(x(ratio)))\" cy=\"\(number(y))\" r=\"4\" fill=\"\(color)\"/>")
        }
        return parts.joined()
    }
}
