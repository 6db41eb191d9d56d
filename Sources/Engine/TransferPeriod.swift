import Glibc
import LinuxKernel
import Networking
import Profiles

/// How much of an allowance a jail has used in the period that runs now.
///
/// Counters go on over all starts of a kept jail. Beside them is written which period it is, and where they stood when it
/// began: a later start in the same period goes on counting, one in the next begins anew.
struct TransferPeriod {
    private let file: String

    /// The note of a jail; kept with its counters.
    init(stateDirectory: String) { file = stateDirectory + "/transfer" }

    /// Bytes used since the period began.
    ///
    /// `total`: All that the jail has ever sent and got outside.
    func consumed(of allowance: TransferAllowance, total: UInt64, now: Int64) throws(SyscallError) -> UInt64 {
        let key = Self.key(allowance.period, seconds: now)
        let note = ((try? Files.readText(file)) ?? "").split(separator: " ")
        if note.count == 2, note[0] == key[...], let base = UInt64(note[1]) { return total - min(base, total) }
        try Files.replace(file, with: Array("\(key) \(total)\n".utf8))
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
