import Engine
import Profiles

/// How a kept jail is started this time, beside what was declared.
public struct StartOptions: Sendable {
    /// Another command for this run only: a way into a jail whose own does not work any more.
    public var rescue: [String]?
    /// Give the guest a terminal, in the foreground.
    public var terminal = false
    /// Pass the caller's input on.
    public var interactive = false
    /// Run without the caller's streams.
    public var detached = true

    /// A start in the background of what was declared.
    public init() {}
}

extension Engine {
    /// The little that is known of a jail without a declaration: its name.
    public func remembered(_ name: String) -> JailSpec {
        var spec = JailSpec()
        _ = spec.override("metadata.name", with: name, flag: "name")
        return spec
    }

    /// The spec of a kept jail, from the declaration that was kept with it.
    ///
    /// - Throws: ``EngineError``: it is not there, or was made by a version that kept no declarations.
    public func keptSpec(_ name: String) throws(EngineError) -> JailSpec {
        guard let declaration = try keptDeclaration(name) else {
            _ = try JailListing(self).record(name)
            throw .refused(
                "starting \(name): how it was declared is not known: make it anew with bailey create, or bailey apply"
            )
        }
        let resolution = DeclarationReader.resolve(declaration)
        guard !resolution.findings.hasErrors else { throw .invalid(resolution.findings) }
        var spec = resolution.spec
        // A jail may have been renamed, or have got its name from Bailey.
        if spec.name?.value != name { _ = spec.override("metadata.name", with: name, flag: "name") }
        return spec
    }

    /// The declaration of a kept jail.
    public func keptDeclaration(_ name: String) throws(EngineError) -> Declaration? {
        guard let bytes = try declaration(of: name) else { return nil }
        guard let declaration = Declaration(bytes) else {
            throw .refused("reading how \(name) was declared: the file is damaged: declare it anew with bailey apply")
        }
        return declaration
    }

    /// Decides the start of a kept jail.
    public func prepareKept(
        _ name: String,
        spec known: JailSpec? = nil,
        _ options: StartOptions = StartOptions()
    ) throws(EngineError) -> PreparedStart {
        var spec: JailSpec
        if let known { spec = known } else { spec = try keptSpec(name) }
        if let command = options.rescue {
            // In place of the guest's own program or init: an app, so that any command can be PID 1's child.
            let findings =
                spec.override("init", with: "app", flag: "--rescue") + spec.setCommand(command, flag: "--rescue")
            guard !findings.hasErrors else { throw .invalid(findings) }
        }
        var request = JailRequest(spec: spec)
        request.standing = .kept
        request.tenants = try TenantStore(self).chain(of: spec)
        (request.detached, request.terminal, request.interactive) = (
            options.detached, options.terminal, options.interactive
        )
        return try prepare(request)
    }
}
