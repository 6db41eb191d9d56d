import Glibc
import LinuxKernel
import Networking
import Profiles

/// How much of an allowance a jail has used in the period that runs now.
///
/// Counters go on over all starts of a kept jail. Beside them is written which period it is, where they stood when it
/// began, and how much of the allowance was spoken of already (80 or 100 of a hundred): a later start in the same period
/// goes on counting, one in the next begins anew.
struct TransferPeriod {
    private let file: String

    /// The note of a jail; kept with its counters.
    init(stateDirectory: String) { file = Self.note(in: stateDirectory) }

    /// The note at this path.
    init(note: String) { file = note }

    /// Where the note of a jail lies.
    static func note(in stateDirectory: String) -> String { stateDirectory + "/transfer" }

    /// What is written down.
    struct Note: Equatable {
        /// Which period it is.
        var key: String
        /// Bytes that had passed outside when it began.
        var base: UInt64
        /// The highest share of the allowance, of a hundred, that was spoken of.
        var warned: Int

        /// The note in a text; nil when it is none.
        init?(_ text: String) {
            let words = text.split(separator: " ")
            guard (2...3).contains(words.count), let base = UInt64(words[1]) else { return nil }
            (key, self.base, warned) = (String(words[0]), base, words.count == 3 ? Int(words[2]) ?? 0 : 0)
        }

        /// The note of a period that begins now.
        init(key: String, base: UInt64) { (self.key, self.base, warned) = (key, base, 0) }

        var text: String { "\(key) \(base) \(warned)\n" }
    }

    /// The note as it stands; nil where there is none.
    func read() -> Note? { (try? Files.readText(file)).flatMap(Note.init) }

    /// Writes the note, whole or not at all.
    func write(_ note: Note) throws(SyscallError) { try Files.replace(file, with: Array(note.text.utf8)) }

    /// Bytes used since the period began.
    ///
    /// `total`: All that the jail has ever sent and got outside.
    func consumed(of allowance: TransferAllowance, total: UInt64, now: Int64) throws(SyscallError) -> UInt64 {
        let key = Self.key(allowance.period, seconds: now)
        if let note = read(), note.key == key { return total - min(note.base, total) }
        try write(Note(key: key, base: total))
        return 0
    }

    /// A name for the period that a moment lies in; days begin at midnight UTC, weeks on Monday.
    static func key(_ period: TransferAllowance.Period, seconds: Int64) -> String {
        let days = seconds / 86400
        switch period {
        case .hour: return "hour-\(seconds / 3600)"
        case .day: return "day-\(days)"
        // The first of January 1970 was a Thursday.
        case .week: return "week-\((days + 3) / 7)"
        case .month: return "month-\(month(ofDay: days))"
        }
    }

    /// Months since the year 0, of a day since 1970, in the Gregorian calendar.
    ///
    /// Years begin in March there, so that the leap day comes last. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    private static func month(ofDay day: Int64) -> Int64 {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        return (era * 400 + year) * 12 + (5 * dayOfYear + 2) / 153
    }
}
