import LinuxKernel

/// How much time was lost waiting for a resource.
///
/// - SeeAlso: the kernel's Documentation/accounting/psi.rst.
public struct PressureStall: Equatable, Sendable {
    /// What is waited for.
    public enum Resource: String, CaseIterable, Sendable {
        /// The CPU.
        case cpu
        /// Memory: refaults, reclaim, swapping in.
        case memory
        /// Disks.
        case io
    }

    /// One line of a pressure file.
    public struct Share: Equatable, Sendable {
        /// Percent of the last 10 s.
        public var last10: Double
        /// Percent of the last 60 s.
        public var last60: Double
        /// Percent of the last 300 s.
        public var last300: Double
        /// µs since the start.
        public var total: UInt64
    }

    /// Time in which at least one process waited.
    public var some: Share?
    /// Time in which all processes waited, so that nothing got done.
    public var full: Share?

    /// Reads the text of a pressure file; nil when it has neither line.
    public init?(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let kind = words.first, let share = Share(words.dropFirst()) else { continue }
            if kind == "some" { some = share }
            if kind == "full" { full = share }
        }
        if some == nil, full == nil { return nil }
    }

    /// Of the whole host; nil where the kernel does not account pressure (`CONFIG_PSI`, `psi=1`).
    public static func host(_ resource: Resource) -> PressureStall? {
        (try? Files.readText("/proc/pressure/\(resource.rawValue)")).flatMap { PressureStall($0) }
    }
}

extension PressureStall.Share {
    fileprivate init?(_ words: ArraySlice<Substring>) {
        func value(_ key: String) -> Substring? {
            words.first { $0.hasPrefix(key + "=") }?.dropFirst(key.utf8.count + 1)
        }
        func percent(_ key: String) -> Double? {
            guard let number = value(key).flatMap({ Double($0) }), 0...100 ~= number else { return nil }
            return number
        }
        guard let last10 = percent("avg10"), let last60 = percent("avg60"), let last300 = percent("avg300"),
            let total = value("total").flatMap({ UInt64($0) })
        else { return nil }
        self.init(last10: last10, last60: last60, last300: last300, total: total)
    }
}

extension CgroupControl {
    /// The group's own pressure; nil unless it is in a v2 tree and the kernel accounts pressure.
    public func pressure(_ resource: PressureStall.Resource) -> PressureStall? {
        guard let directory = group.unified else { return nil }
        return (try? Files.readText("\(directory.path)/\(resource.rawValue).pressure")).flatMap { PressureStall($0) }
    }
}
