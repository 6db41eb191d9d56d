import Cgroups
import Glibc
import LinuxKernel
import Storage

/// Which jails there are.
public struct JailListing {
    private let engine: Engine

    /// A listing of the engine's jails.
    public init(_ engine: Engine) {
        self.engine = engine
    }

    /// Names of all jails, running or kept, sorted.
    public func names() -> [String] {
        let places = [engine.layout.records, "\(engine.layout.library)/jails"]
        return Set(places.flatMap { (try? Files.list($0)) ?? [] }).sorted()
    }

    /// Records of all jails; one that cannot be read is left out of the list and cleaned up by `rm --force`.
    public func records() -> [JailRecord] {
        names().compactMap { try? JailRecord($0, state: state(of: $0), engine: engine) }
    }

    /// The record of one jail.
    ///
    /// - Throws: ``EngineError/noSuchJail(_:suggestion:)`` with the name that is nearest.
    public func record(_ name: String) throws(EngineError) -> JailRecord {
        let all = names()
        guard all.contains(name) else {
            throw .noSuchJail(name, suggestion: all.first { NearName.isNear($0, name) })
        }
        return try JailRecord(name, state: state(of: name), engine: engine)
    }

    /// Refuses a name that no jail has.
    public func requireKnown(_ name: String) throws(EngineError) {
        if !names().contains(name) { _ = try record(name) }
    }

    /// The record of a jail that runs.
    public func running(_ name: String) throws(EngineError) -> JailRecord {
        let record = try record(name)
        guard record.state == .running || record.state == .paused, record.process != nil else {
            throw .notRunning(name, state: record.state)
        }
        return record
    }

    /// As ``state(of:)``; nil for a name that no jail has.
    public func knownState(of name: String) -> JailState? {
        let places = [engine.layout.record(name), engine.layout.stateDirectory(name)]
        return places.contains { Files.exists($0) } ? state(of: name) : nil
    }

    /// Requests that let each running jail into the firewall, for tables that were removed by somebody else.
    func runningNetworkRules(except name: String = "") -> [[NetlinkMessage]] {
        names().filter { $0 != name }.compactMap { jail in
            let path = engine.layout.record(jail)
            guard let record = try? JailRecord.read(path), record.process != nil,
                let plan = try? JailRecord.plan(in: path), !plan.network.rules.add.isEmpty
            else { return nil }
            return plan.network.rules.add.compactMap { NetlinkMessage(raw: $0, subject: "rules of \(jail)") }
        }
    }

    /// Where the jail is in its life, asked from the kernel: who holds the lock, which process is there.
    public func state(of name: String) -> JailState {
        let path = engine.layout.record(name)
        guard let file = try? Files.open(path, O_RDONLY | O_NOFOLLOW) else {
            let state = engine.layout.stateDirectory(name)
            if Files.exists(state + "/exit") { return .stopped }
            return Files.exists(state + "/fresh") ? .created : .failed
        }
        if (try? FileLock.take(file.number, named: path, wait: false)) ?? true { return .failed }
        guard let record = try? JailRecord.read(path), record.process?.open() != nil else { return .starting }
        guard let record = try? JailRecord(name, state: .running, engine: engine) else { return .running }
        return CgroupControl(record.group).isFrozen() == true ? .paused : .running
    }
}

/// Whether one name was probably meant by another.
public enum NearName {
    /// A typing slip of up to two letters, or a beginning.
    public static func isNear(_ known: String, _ typed: String) -> Bool {
        known.hasPrefix(typed) || typed.hasPrefix(known) || distance(Array(known.utf8), Array(typed.utf8)) <= 2
    }

    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let change = previous + (a == b ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
