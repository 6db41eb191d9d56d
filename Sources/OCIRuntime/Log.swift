import Glibc
import JSONText
import LinuxKernel

/// Where messages go: standard error, and the file of `--log` in the form that the caller reads.
public struct Log: Sendable {
    enum Form: Sendable {
        case text
        case json
    }

    var file: Int32?
    var form = Form.text
    var isVerbose = false

    func error(_ message: String) {
        write("error", message)
        Self.say("bailey-oci: \(message)")
    }

    func warning(_ message: String) {
        write("warning", message)
        if file == nil { Self.say("bailey-oci: warning: \(message)") }
    }

    func debug(_ message: @autoclosure () -> String) {
        guard isVerbose else { return }
        write("debug", message())
        if file == nil { Self.say("bailey-oci: debug: \(message())") }
    }

    private static func say(_ line: String) {
        try? Files.write(2, Array((line + "\n").utf8), named: "standard error")
    }

    private func write(_ level: String, _ message: String) {
        guard let file else { return }
        let time = Timestamp.now
        let line: String
        switch form {
        case .json:
            let value = JSONValue.object([
                ("level", .string(level)), ("msg", .string(message)), ("time", .string(time)),
            ])
            line = value.text()
        case .text:
            let quoted = JSONValue.string(message).text()
            line = "time=\"\(time)\" level=\(level) msg=\(quoted)"
        }
        try? Files.write(file, Array((line + "\n").utf8), named: "log")
    }
}

/// Moments as RFC 3339 writes them.
enum Timestamp {
    static var now: String { text(Events.now(CLOCK_REALTIME)) }

    /// `2026-11-25T16:48:00.123456789Z`.
    static func text(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        let (date, time) = (seconds / 86400, seconds % 86400)
        let (year, month, day) = civil(date)
        let clock = [time / 3600, time / 60 % 60, time % 60].map { pad($0, 2) }.joined(separator: ":")
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(clock).\(pad(nanoseconds % 1_000_000_000, 9))Z"
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits
    }

    /// Days since 1970 as a date of the proleptic Gregorian calendar: eras of 400 years that begin in March.
    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
