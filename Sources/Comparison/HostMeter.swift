import Glibc
import LinuxKernel

/// What the whole host has spent until now: read before and after a trial.
struct HostMeter {
    /// Processor time, ns, idle and waiting left out.
    let busy: UInt64
    /// Kept by the host's own host, ns.
    let stolen: UInt64
    /// Waited for a processor, µs.
    let pressure: UInt64

    /// Reads /proc/stat (proc(5): in hundredths of a second) and /proc/pressure/cpu.
    static func read() -> HostMeter {
        let line = ((try? Files.readText("/proc/stat")) ?? "").prefix { $0 != "\n" }
        let ticks = line.split(separator: " ").dropFirst().compactMap { UInt64($0) }
        func at(_ index: Int) -> UInt64 { index < ticks.count ? ticks[index] : 0 }
        let busy = at(0) + at(1) + at(2) + at(5) + at(6)
        let psi = ((try? Files.readText("/proc/pressure/cpu")) ?? "").prefix { $0 != "\n" }
        let total = psi.split(separator: "=").last.flatMap { UInt64($0) } ?? 0
        return HostMeter(busy: busy * 10_000_000, stolen: at(7) * 10_000_000, pressure: total)
    }
}
