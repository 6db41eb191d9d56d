import Cgroups
import Profiles

/// Which jails come before which.
enum Dependencies {
    /// What one jail says about others.
    struct Needs: Equatable, Sendable {
        /// Must run before it is started.
        var requires: [String]
        /// Are started before it, where both are.
        var after: [String]

        init(requires: [String] = [], after: [String] = []) { (self.requires, self.after) = (requires, after) }

        init(_ spec: JailSpec) {
            requires = spec.requires.map(\.value)
            after = spec.after.map(\.value)
        }
    }

    /// Groups of jails that can be started at the same time, one group after the other.
    ///
    /// Those that wait for each other in a circle come last, together: nothing better can be done for them.
    static func waves(_ needs: [String: Needs]) -> [[String]] {
        var left = needs
        var waves: [[String]] = []
        while !left.isEmpty {
            let ready = left.keys.filter { name in
                (needs[name].map { $0.requires + $0.after } ?? []).allSatisfy { left[$0] == nil || $0 == name }
            }
            let wave = ready.isEmpty ? Array(left.keys) : Array(ready)
            waves.append(wave.sorted())
            for name in wave { left[name] = nil }
        }
        return waves
    }

    /// What has to run before `name`, in the order of starting, without it.
    ///
    /// - Returns: nil when it needs itself, by way of others.
    static func before(_ name: String, _ needs: (String) -> Needs?) -> [String]? {
        var order: [String] = []
        var path: [String] = []
        func visit(_ next: String) -> Bool {
            if path.contains(next) { return false }
            if order.contains(next) { return true }
            path.append(next)
            defer { path.removeLast() }
            for required in needs(next)?.requires ?? [] where !visit(required) { return false }
            order.append(next)
            return true
        }
        guard visit(name) else { return nil }
        return order.dropLast()
    }
}

/// How hard it is to get a processor on this host.
enum PressureReading {
    /// The share of the last ten seconds in which somebody waited for one, in percent; nil where the kernel does not say.
    static func cpu() -> Double? { PressureStall.host(.cpu)?.some?.last10 }
}
