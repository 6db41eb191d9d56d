/// A signal by name; written `SIGTERM`, `TERM`, `RTMIN+3` or `15`.
public struct Signal: Sendable, Hashable, CustomStringConvertible {
    /// The number, as on x86-64 and arm64.
    public let number: Int32

    /// SIGTERM, which asks a process to end.
    public static let terminate = Signal(number: 15)
    /// SIGPWR, by which sysvinit and BusyBox are told of a power failure and so shut down.
    public static let powerFailure = Signal(number: 30)

    /// Makes the signal with `number`.
    public init(number: Int32) { self.number = number }

    /// Reads a name in any letter case, or a number from 1 to 64.
    public init(parsing text: String) throws(ValueProblem) {
        if let number = Int32(text) {
            guard (1...64).contains(number) else { throw ValueProblem("\(text.quoted) is not a signal from 1 to 64") }
            self.number = number
            return
        }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        guard let number = Self.number(named: name) else {
            let near = Suggestion.nearest(to: name, among: Self.names.lazy.filter { !$0.isEmpty })
            throw ValueProblem("\(text.quoted) is not a signal", suggestion: near.map { "SIG" + $0 })
        }
        self.number = number
    }

    /// The name with `SIG`.
    public var description: String {
        if Self.names.indices.contains(Int(number)) { return "SIG" + Self.names[Int(number)] }
        return number == Self.firstRealTime ? "SIGRTMIN" : "SIGRTMIN+\(number - Self.firstRealTime)"
    }

    /// SIGRTMIN as programs see it: glibc keeps the kernel's first two for itself; signal(7).
    private static let firstRealTime: Int32 = 34

    private static func number(named name: String) -> Int32? {
        if let index = names.firstIndex(of: name), index > 0 { return Int32(index) }
        if name == "RTMIN" { return firstRealTime }
        if name.hasPrefix("RTMIN+"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) {
            return firstRealTime + offset
        }
        return nil
    }

    /// Names by number; signal(7), column x86/ARM.
    static let names = [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]
}
