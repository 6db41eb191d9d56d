import YAML

/// A policy as its file has it: one layer, before `extends` is followed and capabilities are weighed.
///
/// The format is described in `profiles/seccomp/README.md`.
public struct SeccompPolicy: Equatable, Sendable {
    /// Where something stands in a policy file.
    public struct Position: Hashable, Sendable {
        /// The file as the caller named it.
        public let file: String
        /// From 1.
        public let line: Int
        /// From 1.
        public let column: Int
    }

    /// A call as a rule names it.
    public struct Call: Equatable, Sendable {
        /// The name, known to exist on some architecture.
        public let name: String
        /// Where it is named.
        public let position: Position
    }

    /// One entry of `rules`: an action on some calls.
    public struct Rule: Equatable, Sendable {
        /// What the rule is for, as the file says.
        public let about: String?
        /// The capability that must be in the jail's bounding set for the rule to count, `nil` for always.
        public let capability: Int?
        /// What happens to the calls.
        public let action: SeccompAction
        /// All of them have to hold; empty for always.
        public let conditions: [ArgumentCondition]
        /// The calls it is about.
        public let calls: [Call]
    }

    /// `metadata.name`.
    public let name: String
    /// `metadata.description`.
    public let about: String?
    /// `spec.extends`: the policy whose rules count where this one has none.
    public let extends: Call?
    /// `spec.architectures`; `nil` takes those of the extended policy.
    public let architectures: Set<SeccompArchitecture>?
    /// `spec.default`: what happens to calls that no rule names; `nil` takes that of the extended policy.
    public let fallback: SeccompAction?
    /// `spec.newer`: what happens to calls newer than Bailey; `nil` takes that of the extended policy.
    public let newer: SeccompAction?
    /// `spec.rules`, in the order of the file.
    public let rules: [Rule]

    /// Reads a policy, without following `extends`.
    ///
    /// - Parameters:
    ///   - yaml: The text of the file.
    ///   - file: What findings call the file.
    /// - Returns: The policy, every name in it known.
    /// - Throws: ``PolicyFindings`` with everything that is wrong.
    public static func parse(yaml: String, file: String) throws(PolicyFindings) -> SeccompPolicy {
        var reader = PolicyReader(file: file)
        guard let policy = reader.policy(from: try document(yaml, file: file)) else {
            throw PolicyFindings(reader.findings)
        }
        return policy
    }

    /// Far more than a policy needs.
    private static let reader = YAMLReader(bounds: YAMLReader.Bounds(bytes: 1 << 20, depth: 16, nodes: 20_000))

    private static func document(_ yaml: String, file: String) throws(PolicyFindings) -> Node {
        func findings(_ place: YAML.Position, _ message: String) -> PolicyFindings {
            PolicyFindings([
                PolicyFinding(file: file, line: place.line, column: place.column, keyPath: "", message: message)
            ])
        }
        let root: Node?
        do throws(YAMLProblem) {
            root = try reader.document(in: yaml)
        } catch {
            let words = [.malformed, .unreadable].contains(error.kind) ? "not YAML: \(error.problem)" : error.words
            throw findings(error.position, words)
        }
        guard let root else { throw findings(YAML.Position(line: 1, column: 1), "the document is empty") }
        return root
    }
}
