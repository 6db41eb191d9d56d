import Engine
import LinuxKernel
import Profiles

/// Tenants that were declared, kept beside the jails: one file each, read anew whenever it is needed.
public struct TenantStore {
    private let engine: Engine

    /// The tenants of an engine.
    public init(_ engine: Engine) { self.engine = engine }

    private var folder: String { engine.layout.library + "/tenants" }
    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Their names, sorted.
    public func names() -> [String] { ((try? Files.list(folder)) ?? []).filter { !$0.contains(".new-") }.sorted() }

    /// A tenant, if it was declared.
    ///
    /// - Throws: ``EngineError`` where its declaration cannot be read; a limit is never skipped for that.
    public func tenant(_ name: String) throws(EngineError) -> TenantSpec? {
        guard let declaration = try declaration(name), let document = declaration.document else { return nil }
        let text = String(repeating: "\n", count: document.firstLine - 1) + document.text
        let (documents, findings) = ProfileLoader.documents(file: document.path, text: text)
        guard !findings.hasErrors, case .tenant(let spec)? = documents.first?.content else {
            throw .invalid(
                findings.isEmpty
                    ? [Finding(file: path(name), message: "this is no tenant: declare it anew with bailey apply")]
                    : findings
            )
        }
        return spec
    }

    /// How a tenant was declared.
    public func declaration(_ name: String) throws(EngineError) -> Declaration? {
        guard Files.exists(path(name)) else { return nil }
        let bytes: [UInt8]
        do throws(SyscallError) { bytes = try Files.readBytes(path(name)) } catch {
            throw .failed(attempt: "reading tenant \(name)", error, advice: nil)
        }
        guard let declaration = Declaration(bytes) else {
            throw .refused("reading tenant \(name): \(path(name)) is damaged: declare it anew with bailey apply")
        }
        return declaration
    }

    /// All tenants that can be read.
    public func all() -> [TenantSpec] { names().compactMap { try? tenant($0) } }

    /// Keeps a tenant.
    public func keep(_ name: String, _ declaration: Declaration) throws(EngineError) {
        do throws(SyscallError) {
            try Files.makeDirectories(folder, mode: 0o700)
            try Files.replace(path(name), with: declaration.bytes, durable: true)
        } catch {
            throw .failed(attempt: "writing down tenant \(name)", error, advice: nil)
        }
    }

    /// Takes a tenant away; its jails stay.
    public func remove(_ name: String) throws(EngineError) {
        do throws(SyscallError) { try Files.remove(path(name)) } catch {
            throw .failed(attempt: "removing tenant \(name)", error, advice: nil)
        }
    }

    /// From a tenant outwards to the reseller above all others.
    ///
    /// - Throws: ``EngineError`` where tenants are each other's parents, or one cannot be read.
    public func chain(from name: String) throws(EngineError) -> [TenantSpec] {
        var chain: [TenantSpec] = []
        var next: String? = name
        while let name = next {
            guard !chain.contains(where: { $0.name.value == name }) else {
                let names = (chain.map(\.name.value) + [name]).joined(separator: " → ")
                throw .refused("reading tenant \(name): tenants are each other's parents: \(names)")
            }
            guard let tenant = try tenant(name) else { break }
            chain.append(tenant)
            next = tenant.parent?.value
        }
        return chain
    }
}
