import FoundationEssentials

extension Event {
    /// An event from a line of the event stream.
    package init?(line: String) {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)) else { return nil }
        self = event
    }

    /// When it happened, in UTC, to the second.
    package var timeText: String {
        Date(timeIntervalSince1970: Double(time / 1_000_000_000)).formatted(.iso8601)
    }
}
