import Glibc
import LinuxKernel

/// A bounded log: lines with time and stream, rotated by size, so that a flood of output never fills the disk.
///
/// Each line is `TIME STREAM TAG TEXT`: RFC 3339 time in UTC, `stdout` or `stderr`, `F` for a full line or `P` for a
/// part of one, as kubelet's log format has it, so that tools for that format can read it.
final class LogFile {
    private let path: String
    private let byteLimit: UInt64
    private let rotated: Int
    private var file: OwnedDescriptor
    private var size: UInt64

    /// Opens or continues the log.
    init(path: String, byteLimit: UInt64, rotated: Int) throws(SyscallError) {
        self.path = path
        self.byteLimit = max(byteLimit, 4096)
        self.rotated = rotated
        file = try Self.open(path)
        size = UInt64((try? Files.status("", at: file.number))?.size ?? 0)
    }

    private static func open(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        try Files.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o640)
    }

    /// Appends output of `stream` (1 or 2).
    ///
    /// A disk that is full loses lines, never the guest.
    func append(_ bytes: ArraySlice<UInt8>, stream: Int32) {
        let head = Array("\(Timestamp.now()) \(stream == 2 ? "stderr" : "stdout") ".utf8)
        var entry: [UInt8] = []
        var rest = bytes
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            let complete = line.endIndex < rest.endIndex
            entry += head + [UInt8(ascii: complete ? "F" : "P"), UInt8(ascii: " ")] + line + [UInt8(ascii: "\n")]
            rest = rest[line.endIndex...].dropFirst()
        }
        if size + UInt64(entry.count) > byteLimit { rotate() }
        if (try? Files.write(file.number, entry, named: path)) != nil { size += UInt64(entry.count) }
    }

    private func rotate() {
        for number in stride(from: rotated, to: 0, by: -1) {
            try? Files.rename(number == 1 ? path : "\(path).\(number - 1)", to: "\(path).\(number)")
        }
        if rotated == 0 { try? Files.remove(path) }
        guard let fresh = try? Self.open(path) else { return }
        file = fresh
        size = 0
    }
}

/// Times as text, without the C library's time zone.
enum Timestamp {
    /// Now, as `2026-01-31T23:59:59.123456789Z`.
    static func now() -> String {
        text(Events.now(CLOCK_REALTIME))
    }

    /// Nanoseconds since 1970 as RFC 3339 text in UTC.
    static func text(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        let (day, rest) = (seconds / 86400, seconds % 86400)
        let date = civil(day)
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(date)T\(clock).\(padded(nanoseconds % 1_000_000_000, 9))Z"
    }

    /// Days since 1970 as a date of the Gregorian calendar, counted in eras of 400 years that begin in March.
    private static func civil(_ day: Int64) -> String {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(year)-\(padded(month, 2))-\(padded(dayOfYear - (153 * marchMonth + 2) / 5 + 1, 2))"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
