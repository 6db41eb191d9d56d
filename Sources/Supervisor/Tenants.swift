import Allocation
import ControlAPI
import Declarations
import Engine
import LinuxKernel
import Profiles

/// Tenants, as the supervisor knows them.
extension Supervisor {
    func authority(of peer: PeerCredentials) -> Authority {
        // Most callers are operators: then no tenant is read.
        let accounts = HostAccounts.read()
        if Authority.of(peer, accounts, tenants: []) == .operation { return .operation }
        let tenants = TenantStore(engine).all().map { ($0.name.value, $0.users.map(\.value)) }
        return .of(peer, accounts, tenants: tenants)
    }

    func tenantSummaries() async -> [TenantSummary] {
        var counts: [String: (all: Int, up: Int)] = [:]
        for (_, jail) in jails {
            let tenant = await jail.tenant
            counts[tenant, default: (0, 0)].all += 1
            if await jail.isUp { counts[tenant, default: (0, 0)].up += 1 }
        }
        let declared = TenantStore(engine).all()
        var all = declared.map { spec in
            let name = spec.name.value
            var settings: [String: String] = [:]
            for row in spec.rows where row.keyPath.hasPrefix("resources.") || row.keyPath == "jails.max" {
                settings[row.keyPath] = row.valueText
            }
            return TenantSummary(
                name: name,
                parent: spec.parent?.value,
                jails: counts[name]?.all ?? 0,
                running: counts[name]?.up ?? 0,
                settings: settings,
                users: spec.users.map(\.value)
            )
        }
        for (name, count) in counts where !declared.contains(where: { $0.name.value == name }) {
            all.append(
                TenantSummary(name: name, parent: nil, jails: count.all, running: count.up, settings: [:], users: [])
            )
        }
        return all.sorted { $0.name < $1.name }
    }

    /// Declares a tenant; its limits hold for what runs at once.
    func declareTenant(_ name: String, _ body: JailDeclaration) async throws -> DeclarationOutcome {
        var said = Declaration()
        if let text = body.declaration, let whole = Declaration(Array(text.utf8)) {
            said = whole
        } else {
            said.document = Declaration.Document(path: body.path ?? "request", text: body.yaml ?? "")
        }
        guard let document = said.document else {
            throw Problem(kind: "invalid", error: "declaring tenant \(name): the document is missing")
        }
        var declared = DeclaredSet(engine)
        declared.take([
            (document.path, String(repeating: "\n", count: min(document.firstLine, 100_000) - 1) + document.text)
        ])
        guard !declared.findings.hasErrors, let tenant = declared.tenants[name] else {
            let text = declared.findings.map(\.description).joined(separator: "\n")
            throw Problem(
                kind: "invalid",
                error: text.isEmpty ? "declaring tenant \(name): the document declares another" : text
            )
        }
        let plan = try ApplyPlan(declared, engine, prune: false)
        guard let step = plan.steps.first(where: { $0.kind == "tenant" && $0.name == name }) else {
            throw Problem(kind: "invalid", error: "declaring tenant \(name): the document declares none")
        }
        let outcome = DeclarationOutcome(name: name, change: step.change.rawValue, differences: step.differences)
        var ledger = promises
        do throws(Refusal) {
            try ledger.admit(
                tenant: name,
                Demand(tenant.spec.resources),
                parent: tenant.spec.parent?.value,
                options.capacity
            )
        } catch {
            throw Problem(kind: "refused", error: "declaring tenant \(name): \(error)")
        }
        if step.change == .unchanged { return outcome }
        if body.dryRun == true {
            try engine.check(tenant.spec)
            return outcome
        }
        try Applying(declared, engine).carryOut(step)
        promises = ledger
        sharesChanged()
        await report(
            Event(
                time: Events.now(realTimeClock),
                kind: "tenant-\(step.change.rawValue)d",
                tenant: name,
                text: "declared"
            )
        )
        return outcome
    }

    func removeTenant(_ name: String) async throws {
        for (_, jail) in jails where await jail.tenant == name {
            throw Problem(
                kind: "refused",
                error: "removing tenant \(name): it has jails, \(jail.name) among them: remove them first"
            )
        }
        let tenants = TenantStore(engine)
        guard tenants.names().contains(name) else {
            throw Problem(kind: "notFound", error: "no tenant is called \(name): bailey tenant ls lists them")
        }
        if let part = tenants.all().first(where: { $0.parent?.value == name }) {
            throw Problem(
                kind: "refused",
                error: "removing tenant \(name): \(part.name.value) is part of it: remove that one first"
            )
        }
        try tenants.remove(name)
        promises.release(tenant: name)
        await report(
            Event(time: Events.now(realTimeClock), kind: "tenant-removed", tenant: name, text: "removed")
        )
    }

    /// What a tenant has used in a month (`2026-01`), or in all that is kept.
    func usage(tenant: String, month: String?) async throws -> Usage {
        var hours: Range<Int64>?
        if let month {
            guard let range = Month(month)?.hours else {
                throw Problem(
                    kind: "invalid",
                    error: "reading the usage of \(tenant): \(month) is no month such as 2026-01"
                )
            }
            hours = range
        }
        let sums = try await sampler.usage(tenant: tenant, jail: nil, hours: hours)
        var usage = Usage(name: tenant, month: month)
        usage.cpuSeconds = Double(sums["cpu"] ?? 0) / 1e6
        usage.memoryGiBHours = Double(sums["memory"] ?? 0) / 3600 / 1_048_576
        (usage.diskReadBytes, usage.diskWriteBytes) = (sums["read"] ?? 0, sums["write"] ?? 0)
        usage.diskGiBHours = Double(sums["disk"] ?? 0) / 3600 / 1_048_576
        (usage.receivedBytes, usage.sentBytes) = (sums["received"] ?? 0, sums["sent"] ?? 0)
        for (name, value) in sums where name.hasPrefix("fault:") { usage.faults[String(name.dropFirst(6))] = value }
        usage.unknown = ["disk space of jails without a quota", "seccomp denials"]
        return usage
    }

    func version() -> ServerVersion {
        ServerVersion(version: "0.1.0", pid: Processes.current, warning: store.warning)
    }
}

/// A month of the Gregorian calendar, in UTC.
struct Month: Equatable {
    let year: Int
    let month: Int

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let year = parts[0], let month = parts[1], 1970...9999 ~= year, 1...12 ~= month else {
            return nil
        }
        (self.year, self.month) = (year, month)
    }

    /// Its hours since 1970.
    var hours: Range<Int64> {
        Self.days(year, month) * 24..<(month == 12 ? Self.days(year + 1, 1) : Self.days(year, month + 1)) * 24
    }

    /// Days from 1970-01-01 to the first of a month, counted in eras of 400 years that begin in March.
    private static func days(_ year: Int, _ month: Int) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5
        return Int64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
    }
}
