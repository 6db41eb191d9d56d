/// One kind of work that nanobench does.
public struct Workload: Equatable, Sendable {
    /// As nanobench knows it.
    public let name: String
    /// What one operation is.
    public let operation: String

    /// All of them, in the order of reports.
    public static let all: [Workload] = [
        ("integer", "step of an integer generator"), ("call", "call and return"), ("cpuid", "cpuid"),
        ("rdtsc", "rdtsc"),
        ("syscall", "getppid"), ("clock", "clock_gettime"), ("fault", "first touch of a page"),
        ("mmap", "map and unmap 256 KiB"),
        ("mprotect", "change of a page's protection and a read"), ("signal", "signal to itself"),
        ("divzero", "division by zero, caught"), ("pipe", "byte through a pipe"),
        ("switch", "byte to another process and back"),
        ("fork", "fork, exit, wait"), ("exec", "start of a static program"), ("copy", "KiB copied in cache"),
        ("triad", "KiB of a = b + 3c"), ("random", "dependent read in 8 MiB"), ("create", "file made and removed"),
        ("read", "4 KiB from the page cache"), ("fsync", "4 KiB written and fsynced"),
        ("tcp", "byte over loopback and back"),
    ].map(Workload.init)

    /// The start of the subject itself, until its program's first line: measured apart, in few trials.
    public static let start = Workload("start", "start until the program's first line")

    private init(_ name: String, _ operation: String) { (self.name, self.operation) = (name, operation) }

    /// The workload of this name.
    public static func named(_ name: String) -> Workload? { (all + [start]).first { $0.name == name } }
}
