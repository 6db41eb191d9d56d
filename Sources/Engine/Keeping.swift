import Glibc
import Launch
import LinuxKernel
import Planning
import Profiles
import Storage

/// Jails that outlive their runs: made once, started again under their name, with the same files and ids.
extension Engine {
    /// Makes a jail without starting it: name, id range, plan and writable layer are there, nothing runs.
    ///
    /// The whole start is planned, so whatever would keep the jail from starting is said now.
    ///
    /// - Returns: Its name, and what `bestEffort` let pass.
    /// - Throws: ``EngineError``; nothing is left of it.
    public func create(_ request: JailRequest) throws(EngineError) -> (name: String, warnings: [Finding]) {
        var request = request
        (request.standing, request.detached, request.remove) = (.created, true, false)
        let start = try prepare(request)
        let (name, warnings) = (start.name, start.warnings)
        try attempting("making \(name)") { () throws(SyscallError) in
            try Files.replace(layout.stateDirectory(name) + "/fresh", with: [])
            // Held until here: nobody starts it before it is whole.
            try Files.remove(layout.record(name))
        }
        return (name, warnings)
    }

    /// How a kept jail was declared; nil for one that was not, such as one of an older version.
    public func declaration(of name: String) throws(EngineError) -> [UInt8]? {
        let path = layout.stateDirectory(name) + "/declaration"
        guard Files.exists(path) else { return nil }
        return try attempting("reading how \(name) was declared") { () throws(SyscallError) in
            try Files.readBytes(path)
        }
    }

    /// Lays down another declaration for a kept jail; it counts from its next start.
    public func declare(_ name: String, as declaration: [UInt8]) throws(EngineError) {
        try attempting("writing down the declaration of \(name)") { () throws(SyscallError) in
            try Files.replace(layout.stateDirectory(name) + "/declaration", with: declaration, durable: true)
        }
    }

    /// Gives a jail that does not run another name.
    ///
    /// - Throws: ``EngineError``; it has its old name then.
    public func rename(_ name: String, to new: String) throws(EngineError) {
        let listing = JailListing(self)
        let record = try listing.record(name)
        guard record.state != .running, record.state != .paused, record.state != .starting else {
            throw .refused("renaming \(name): it is running: stop it first")
        }
        try checkNew(new, for: "renaming \(name) to \(new)")
        // Both names are held while the files move, so that no start meets them half-way.
        let old = try NameClaim.take(name, in: self)
        defer { try? Files.remove(old.path) }
        let fresh = try NameClaim.take(new, in: self)
        defer { try? Files.remove(fresh.path) }
        let claim = IdentityClaim.keptClaim(of: layout.stateDirectory(name), in: layout)
        try attempting("renaming \(name) to \(new)") { () throws(SyscallError) in
            try Files.rename(layout.stateDirectory(name), to: layout.stateDirectory(new), replacing: false)
            try networks.passClaims(from: layout.stateDirectory(name), to: layout.stateDirectory(new))
            guard let claim else { return }
            try Files.remove(claim)
            try Files.makeLink(claim, to: layout.stateDirectory(new))
        }
    }

    /// Refuses what cannot be a jail's name, and one that a jail has.
    func checkNew(_ name: String, for attempt: String) throws(EngineError) {
        var spec = JailSpec()
        if let finding = spec.override("metadata.name", with: name, flag: "name").first {
            throw .refused("\(attempt): \(finding.message)")
        }
        let listing = JailListing(self)
        guard !listing.names().contains(name) else { throw .nameTaken(name, state: listing.state(of: name)) }
    }

    /// A jail can be started again when it is there, and nothing of an earlier run is.
    func requireKept(_ name: String) throws(EngineError) {
        guard try Sweep(self).clean(name) else {
            let state = JailListing(self).state(of: name)
            throw .refused("starting \(name): it is \(state.rawValue) already")
        }
        guard Files.exists(layout.stateDirectory(name)) else {
            let near = JailListing(self).names().first { NearName.isNear($0, name) }
            throw .noSuchJail(name, suggestion: near)
        }
    }

    /// The id range of a start, and the link that its end removes; none where the range stays the jail's.
    func identity(
        _ request: JailRequest,
        _ name: String,
        _ record: String
    ) throws(EngineError) -> (map: IdentityMap, link: String) {
        let state = layout.stateDirectory(name)
        switch request.standing {
        case .new: return try IdentityClaim.take(for: record, in: layout)
        case .kept: return (try IdentityClaim.keep(for: state, in: layout), "")
        case .created:
            // Before the claim: one whose directory is missing is nobody's.
            try attempting("making \(state)") { () throws(SyscallError) in
                try Files.makeDirectory(state, mode: 0o700)
            }
            return (try IdentityClaim.take(for: state, in: layout).map, "")
        }
    }

    /// Writes down a start, and how the jail was declared, beside what is kept of it.
    func writeKept(_ state: String, _ record: StartRecord, _ request: JailRequest) throws(SyscallError) {
        if request.standing != .kept {
            try Self.write(state + "/record", record.bytes)
            if !request.declaration.isEmpty { try Self.write(state + "/declaration", request.declaration) }
            return
        }
        try Files.replace(state + "/record", with: record.bytes)
        if !request.declaration.isEmpty {
            try Files.replace(state + "/declaration", with: request.declaration, durable: true)
        }
        if Files.exists(state + "/fresh") { try Files.remove(state + "/fresh") }
    }

    private static func write(_ path: String, _ bytes: [UInt8]) throws(SyscallError) {
        let file = try Files.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        try Files.write(file.number, bytes, named: path)
    }

    /// Takes back what a start that failed had claimed; what a kept jail had before stays.
    func withdraw(_ request: JailRequest, _ name: String, _ record: String) {
        let state = layout.stateDirectory(name)
        networks.release(record, name)
        switch request.standing {
        case .new:
            IdentityClaim.releaseAll(of: record, in: layout)
            if let plan = try? JailRecord.plan(in: record), !plan.finish.stateDirectory.isEmpty {
                try? Files.removeTree(plan.finish.stateDirectory)
            }
        case .created:
            IdentityClaim.releaseAll(of: state, in: layout)
            try? Files.removeTree(state)
        case .kept: break
        }
        try? Files.remove(record)
    }
}
