import LinuxKernel

/// What a reader must know about the machine to judge the figures.
public enum FairnessSheet {
    /// Names and values, as far as the kernel says them.
    public static func facts() -> [[String]] {
        func read(_ path: String) -> String? {
            (try? Files.readText(path))?.split(separator: "\n").first.map { $0.filter { $0 != "\t" } }
        }
        let cpu = ((try? Files.readText("/proc/cpuinfo")) ?? "").split(separator: "\n")
        func processor(_ name: String) -> String? {
            cpu.first { $0.hasPrefix(name) }?.split(separator: ":").last.map { String($0.drop { $0 == " " }) }
        }
        let isGuest = cpu.contains { $0.hasPrefix("flags") && $0.contains(" hypervisor") }
        let weak = ["spectre_v2", "meltdown", "mds", "retbleed"].compactMap { name in
            read("/sys/devices/system/cpu/vulnerabilities/\(name)").map { "\(name): \($0)" }
        }
        let all: [(String, String?)] = [
            ("kernel", read("/proc/sys/kernel/osrelease")), ("processor", processor("model name")),
            ("processors online", read("/sys/devices/system/cpu/online")),
            ("this host", isGuest ? "is a virtual machine itself" : "bare metal, as far as it can tell"),
            ("memory", read("/proc/meminfo")),
            ("clock source", read("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
            ("governor", read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") ?? "none to be seen"),
            ("huge pages", read("/sys/kernel/mm/transparent_hugepage/enabled")),
            ("mitigations", weak.isEmpty ? nil : weak.joined(separator: "; ")),
            ("load before", read("/proc/loadavg")),
        ]
        return all.compactMap { name, value in value.map { [name, $0] } }
    }
}
