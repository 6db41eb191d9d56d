import Engine
import LinuxKernel
import Profiles

/// Everything that files declare: jails and tenants by name, with all findings.
public struct DeclaredSet {
    /// A jail.
    public struct Jail {
        /// How it is declared.
        public var declaration: Declaration
        /// What it comes to.
        public var spec: JailSpec
    }

    /// A tenant.
    public struct Tenant {
        /// How it is declared.
        public var declaration: Declaration
        /// What it comes to.
        public var spec: TenantSpec
    }

    /// By name.
    public private(set) var jails: [String: Jail] = [:]
    /// By name.
    public private(set) var tenants: [String: Tenant] = [:]
    /// Everything that is wrong.
    public private(set) var findings: [Finding] = []
    private let engine: Engine

    /// Nothing yet.
    public init(_ engine: Engine) { self.engine = engine }

    /// Reads a file, or all files of a directory whose names end in `.yaml` or `.yml`, with its subdirectories.
    ///
    /// Profiles in them are known by their names to all that is read.
    public static func read(_ paths: [String], _ engine: Engine) throws(EngineError) -> DeclaredSet {
        var texts: [(String, String)] = []
        for path in paths { try gather(path, depth: 0, &texts) }
        var set = DeclaredSet(engine)
        set.take(texts)
        return set
    }

    private static func gather(_ path: String, depth: Int, _ texts: inout [(String, String)]) throws(EngineError) {
        let isDirectory: Bool
        var names: [String] = []
        do throws(SyscallError) {
            isDirectory = try Files.status(path, following: true).isDirectory
            if isDirectory {
                names = try Files.list(path).sorted()
            } else {
                texts.append((path, try Files.readText(path)))
            }
        } catch {
            throw .failed(attempt: "reading declarations", error, advice: "check the path after -f")
        }
        for name in names where !name.hasPrefix(".") && depth < 8 {
            let inner = path + "/" + name
            let isFolder = (try? Files.status(inner))?.isDirectory ?? false
            if isFolder || name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                try gather(inner, depth: depth + 1, &texts)
            }
        }
    }

    /// Takes in the texts of files.
    public mutating func take(_ texts: [(path: String, text: String)]) {
        var documents: [DeclaredDocument] = []
        for (path, text) in texts {
            let (found, problems) = ProfileLoader.documents(file: path, text: text)
            documents += found
            findings += problems
        }
        var profiles: [String: ProfileLibrary.Entry] = [:]
        for document in documents {
            guard case .profile(let name) = document.content else { continue }
            profiles[name] = ProfileLibrary.Entry(
                path: document.path,
                text: String(repeating: "\n", count: document.firstLine - 1) + document.text
            )
        }
        let reader = DeclarationReader(engine, beside: profiles)
        for document in documents { take(document, reader) }
        checkTenants()
    }

    private mutating func take(_ document: DeclaredDocument, _ reader: DeclarationReader) {
        var said = Declaration()
        said.document = Declaration.Document(
            path: document.path,
            firstLine: document.firstLine,
            text: document.text
        )
        switch document.content {
        case .profile, .template: return
        case .tenant(let spec):
            let name = spec.name.value
            if tenants[name] != nil { return refuse(spec.name.origin, "tenant \(name) is declared twice") }
            tenants[name] = Tenant(declaration: said, spec: spec)
        case .jail:
            let declared = reader.declare(said)
            let spec = declared.resolution.spec
            findings += declared.resolution.findings
            if !declared.resolution.findings.hasErrors { findings += spec.check().filter { $0.severity == .error } }
            guard let name = spec.name else { return }
            if jails[name.value] != nil { return refuse(name.origin, "jail \(name.value) is declared twice") }
            jails[name.value] = Jail(declaration: declared.declaration, spec: spec)
        }
    }

    private mutating func refuse(_ origin: Origin, _ message: String) {
        var finding = Finding(file: "\(origin)", keyPath: "metadata.name", message: message)
        if case .file(let path, let line, let column) = origin {
            (finding.file, finding.line, finding.column) = (path, line, column)
        }
        findings.append(finding)
    }

    /// Tenants cannot be parts of each other.
    private mutating func checkTenants() {
        for (name, tenant) in tenants.sorted(by: { $0.key < $1.key }) {
            var (seen, next) = ([name], tenant.spec.parent?.value)
            while let parent = next {
                if seen.contains(parent) {
                    refuse(
                        tenant.spec.name.origin,
                        "tenants are parts of each other: \((seen + [parent]).joined(separator: " → "))"
                    )
                    return
                }
                seen.append(parent)
                next = tenants[parent]?.spec.parent?.value
            }
        }
    }
}
