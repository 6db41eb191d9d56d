/// One jail, as lists show it.
package struct JailSummary: Codable, Sendable, Equatable {
    package var name: String
    package var tenant: String
    /// created, starting, running, paused, stopping, stopped or failed.
    package var state: String
    /// Its first process on the host.
    package var pid: Int32?
    /// Nanoseconds since 1970.
    package var started: Int64?
    /// As a shell shows it: the status, or 128 and the signal.
    package var exitStatus: Int32?
    /// Whether the supervisor will bring it back after a reboot.
    package var wanted: Bool
    /// Times that it was started again by itself.
    package var restarts: Int
    /// `healthy`, `unhealthy`, or nil where nothing is checked.
    package var health: String?
    /// The template or directory of its root.
    package var source: String
    package var command: String
    package var labels: [String: String]

    package init(name: String, tenant: String, state: String, source: String = "", command: String = "") {
        (self.name, self.tenant, self.state, self.source, self.command) = (name, tenant, state, source, command)
        (wanted, restarts, labels) = (false, 0, [:])
    }
}

/// What a jail is to be.
package struct JailDeclaration: Codable, Sendable {
    /// The declaration as `bailey` writes it down.
    package var declaration: String?
    /// The text of a file with one document, instead.
    package var yaml: String?
    /// What findings call that file.
    package var path: String?
    /// Start it, too.
    package var start: Bool?
    /// Only say what would be done.
    package var dryRun: Bool?

    package init(declaration: String? = nil, yaml: String? = nil, start: Bool? = nil, dryRun: Bool? = nil) {
        (self.declaration, self.yaml, self.start, self.dryRun) = (declaration, yaml, start, dryRun)
    }
}

/// What became of a jail or tenant that was declared.
package struct DeclarationOutcome: Codable, Sendable, Equatable {
    package var name: String
    /// create, update, recreate, remove or unchanged.
    package var change: String
    /// What differs, a line each.
    package var differences: [String]
    package var warnings: [String]

    package init(name: String, change: String, differences: [String] = [], warnings: [String] = []) {
        (self.name, self.change, self.differences, self.warnings) = (name, change, differences, warnings)
    }
}

/// What a stop or kill may say.
package struct EndRequest: Codable, Sendable {
    /// Milliseconds to wait before everything is killed; the jail's own grace when left out.
    package var grace: Int64?
    /// A signal's name or number, for kill.
    package var signal: String?

    package init(grace: Int64? = nil, signal: String? = nil) { (self.grace, self.signal) = (grace, signal) }
}

/// Limits to change while jails run.
package struct SetRequest: Codable, Sendable {
    /// Jails by name.
    package var jails: [String]?
    /// All jails of a tenant.
    package var tenant: String?
    /// All jails with a label, `NAME=VALUE`.
    package var label: String?
    /// Key below spec and value as in a file.
    package var settings: [String: String]
    /// How long memory may take to be taken back, in milliseconds.
    package var deadline: Int64?
    /// Set a limit below what is in use although something may be killed.
    package var force: Bool?
    /// Only say what would be done, and what would be killed.
    package var dryRun: Bool?

    package init(settings: [String: String]) { self.settings = settings }
}

/// What became of one jail of several.
package struct JailOutcome: Codable, Sendable, Equatable {
    package var name: String
    /// What was done, in words.
    package var done: String?
    /// Why it was not.
    package var error: String?

    package init(name: String, done: String? = nil, error: String? = nil) {
        (self.name, self.done, self.error) = (name, done, error)
    }
}

/// Something that happened.
package struct Event: Codable, Sendable, Equatable {
    /// Grows by one or more with each event.
    package var id: Int64
    /// Nanoseconds since 1970.
    package var time: Int64
    /// started, stopped, ended, restarting, crash-loop, fault, admission and so on.
    package var kind: String
    /// Empty where it concerns none.
    package var jail: String
    package var tenant: String
    /// For people.
    package var text: String

    package init(id: Int64 = 0, time: Int64, kind: String, jail: String = "", tenant: String = "", text: String) {
        (self.id, self.time, self.kind, self.jail, self.tenant, self.text) = (id, time, kind, jail, tenant, text)
    }
}

/// What was used, by a tenant or a jail.
package struct Usage: Codable, Sendable, Equatable {
    /// Whose.
    package var name: String
    /// The month, `2026-01`, or nil for all that is kept.
    package var month: String?
    package var cpuSeconds: Double
    package var memoryGiBHours: Double
    /// Of jails whose space a quota counts.
    package var diskGiBHours: Double
    package var diskReadBytes: UInt64
    package var diskWriteBytes: UInt64
    /// From outside the host.
    package var receivedBytes: UInt64
    /// To the outside.
    package var sentBytes: UInt64
    /// Faults by kind: memory.max, memory.high, oom.kill, pids.max, cpu.throttled (in microseconds), network.* (packets).
    package var faults: [String: UInt64]
    /// What the host does not count.
    package var unknown: [String]

    package init(name: String, month: String? = nil) {
        (self.name, self.month) = (name, month)
        (cpuSeconds, memoryGiBHours, diskReadBytes, diskWriteBytes, faults, unknown) = (0, 0, 0, 0, [:], [])
        (diskGiBHours, receivedBytes, sentBytes) = (0, 0, 0)
    }
}

/// What a jail uses now.
package struct Figures: Codable, Sendable, Equatable {
    package var name: String
    package var tenant: String
    /// Processor time a second over the last interval, in percent of one CPU.
    package var cpuPercent: Double
    package var memoryBytes: UInt64
    package var memoryLimit: UInt64?
    package var pids: UInt64
    package var readPerSecond: Double
    package var writePerSecond: Double
    /// Since it was first seen.
    package var faults: [String: UInt64]

    package init(name: String, tenant: String) {
        (self.name, self.tenant) = (name, tenant)
        (cpuPercent, memoryBytes, memoryLimit, pids, readPerSecond, writePerSecond) = (0, 0, nil, 0, 0, 0)
        faults = [:]
    }
}

/// What the host has, has promised and has left, a resource.
package struct CapacityReport: Codable, Sendable, Equatable {
    package struct Row: Codable, Sendable, Equatable {
        package var resource: String
        package var total: UInt64
        package var reserve: UInt64
        package var promised: UInt64
        package var left: UInt64
        package var unit: String

        package init(resource: String, total: UInt64, reserve: UInt64, promised: UInt64, left: UInt64, unit: String) {
            (self.resource, self.total, self.reserve) = (resource, total, reserve)
            (self.promised, self.left, self.unit) = (promised, left, unit)
        }
    }

    package var rows: [Row]

    package init(rows: [Row]) { self.rows = rows }
}

/// A tenant.
package struct TenantSummary: Codable, Sendable, Equatable {
    package var name: String
    package var parent: String?
    package var jails: Int
    package var running: Int
    /// Effective values, key and text.
    package var settings: [String: String]
    package var users: [String]

    package init(name: String, parent: String?, jails: Int, running: Int, settings: [String: String], users: [String]) {
        (self.name, self.parent, self.jails, self.running) = (name, parent, jails, running)
        (self.settings, self.users) = (settings, users)
    }
}

/// Why a request was not carried out.
package struct Problem: Codable, Sendable, Error, CustomStringConvertible {
    /// invalid, denied, notFound, conflict, refused or failed.
    package var kind: String
    /// What was attempted: why: what to do.
    package var error: String

    package init(kind: String, error: String) { (self.kind, self.error) = (kind, error) }

    package var description: String { error }
}

/// What is at the other end.
package struct ServerVersion: Codable, Sendable, Equatable {
    package var version: String
    package var api: String
    package var pid: Int32
    /// What is to be told about its store; nil when all is well.
    package var warning: String?

    package init(version: String, pid: Int32, warning: String?) {
        (self.version, self.pid, self.warning, api) = (version, pid, warning, "v1")
    }
}
