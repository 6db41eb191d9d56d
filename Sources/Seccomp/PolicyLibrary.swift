import Glibc
import LinuxKernel

/// The bytes of a policy file, not yet looked at.
public struct PolicySource: Equatable, Sendable {
    /// As profiles and `extends` call it.
    public let name: String
    /// Where it was found.
    public let file: String
    /// The whole file.
    public let text: [UInt8]
}

/// The directories that policies are looked for in, `NAME.yaml` each.
public struct PolicyLibrary: Sendable {
    /// No policy is larger than this, in bytes.
    public static let maximumSize = 1 << 20

    /// `extends` leads no further than this.
    private static let longestChain = 8

    private let directories: [String]

    /// Looks in `directories`; the first that has a policy of a name wins.
    public init(directories: [String]) {
        self.directories = directories
    }

    /// Whether `text` can name a policy: no slash, no dot, nothing that leads out of the directories.
    static func isName(_ text: String) -> Bool {
        let permitted = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
        }
        return permitted && !text.isEmpty && text.utf8.count <= 64
    }

    /// The names of all policies there are, sorted.
    public var names: [String] {
        var names: Set<String> = []
        for directory in directories {
            for file in (try? Files.list(directory)) ?? [] where file.hasSuffix(".yaml") {
                let name = String(file.dropLast(5))
                if Self.isName(name) { names.insert(name) }
            }
        }
        return names.sorted()
    }

    /// Reads the file of a policy.
    ///
    /// - Parameter name: A name, or a path if it has a slash.
    /// - Returns: The file's bytes.
    /// - Throws: ``SeccompError/unknownPolicy(_:suggestion:known:)`` or ``SeccompError/unreadable(policy:_:)``.
    public func source(_ name: String) throws(SeccompError) -> PolicySource {
        if name.contains("/") {
            guard let text = try read(name, policy: name) else {
                throw .unknownPolicy(name, suggestion: nil, known: [])
            }
            return PolicySource(name: name, file: name, text: text)
        }
        for directory in directories where Self.isName(name) {
            let file = "\(directory)/\(name).yaml"
            if let text = try read(file, policy: name) { return PolicySource(name: name, file: file, text: text) }
        }
        let known = names
        throw .unknownPolicy(name, suggestion: Suggestion.nearest(to: name, among: known), known: known)
    }

    private func read(_ file: String, policy: String) throws(SeccompError) -> [UInt8]? {
        do throws(SyscallError) {
            return try Files.readBytes(file, limit: Self.maximumSize)
        } catch {
            if error.errno == ENOENT { return nil }
            throw .unreadable(policy: policy, error)
        }
    }

    /// Reads a policy and those it extends, and checks all of them.
    ///
    /// - Throws: ``SeccompError`` with every finding of the first file that has any.
    public func load(_ name: String) throws(SeccompError) -> EffectivePolicy {
        try load(source(name)).policy
    }

    /// As the other, from a source that was read before; also gives every source the policy was made from.
    func load(_ first: PolicySource) throws(SeccompError) -> (policy: EffectivePolicy, sources: [PolicySource]) {
        var sources = [first]
        var chain: [SeccompPolicy] = []
        while sources.count > chain.count {
            let source = sources[chain.count]
            let policy = try parse(source)
            chain.append(policy)
            guard let parent = policy.extends else { break }
            sources.append(try parentSource(parent, sources))
        }
        return (EffectivePolicy(chain: chain), sources)
    }

    private func parse(_ source: PolicySource) throws(SeccompError) -> SeccompPolicy {
        guard let text = String(validating: source.text, as: UTF8.self) else {
            throw .findings(PolicyFindings([Self.finding(source.file, 1, 1, "", "the file is not UTF-8")]))
        }
        let policy: SeccompPolicy
        do throws(PolicyFindings) {
            policy = try SeccompPolicy.parse(yaml: text, file: source.file)
        } catch {
            throw .findings(error)
        }
        if !source.name.contains("/") && policy.name != source.name {
            let message = "the policy calls itself '\(policy.name)', and its file '\(source.name)'"
            throw .findings(PolicyFindings([Self.finding(source.file, 1, 1, "metadata.name", message)]))
        }
        return policy
    }

    private func parentSource(
        _ parent: SeccompPolicy.Call,
        _ sources: [PolicySource]
    ) throws(SeccompError) -> PolicySource {
        let place = parent.position
        func problem(_ message: String, _ advice: String? = nil) -> SeccompError {
            let finding = Self.finding(place.file, place.line, place.column, "spec.extends", message, advice)
            return .findings(PolicyFindings([finding]))
        }
        if sources.contains(where: { $0.name == parent.name }) { throw problem("'\(parent.name)' extends itself") }
        if sources.count >= Self.longestChain { throw problem("more than \(Self.longestChain) policies in a row") }
        do throws(SeccompError) {
            return try source(parent.name)
        } catch {
            guard case .unknownPolicy(let name, let suggestion, let known) = error else { throw error }
            let advice = suggestion.map { "did you mean '\($0)'?" } ?? "known are \(known.joined(separator: ", "))"
            throw problem("no policy '\(name)'", advice)
        }
    }

    private static func finding(
        _ file: String,
        _ line: Int,
        _ column: Int,
        _ path: String,
        _ message: String,
        _ suggestion: String? = nil
    ) -> PolicyFinding {
        PolicyFinding(
            file: file,
            line: line,
            column: column,
            keyPath: path,
            message: message,
            suggestion: suggestion
        )
    }
}
