/// What a filter shall do, said directly: for callers whose rules are no policy files.
public struct FilterRequest: Equatable, Sendable {
    /// What happens to calls without a verdict.
    public var fallback: SeccompAction
    /// What happens to calls newer than this version of Bailey.
    public var newer: SeccompAction
    /// The interfaces whose calls are judged; the native one always is.
    public var architectures: Set<SeccompArchitecture>
    /// By name; a name that no interface has says nothing.
    public var verdicts: [String: CallVerdict]

    /// A filter that does `fallback` to every native call.
    public init(fallback: SeccompAction) {
        self.fallback = fallback
        newer = fallback
        architectures = [.native]
        verdicts = [:]
    }

    /// Whether any call is given to an agent.
    public var notifies: Bool {
        fallback == .notify
            || verdicts.values.contains { verdict in
                verdict.otherwise == .notify || verdict.conditional.contains { $0.action == .notify }
            }
    }
}

extension SeccompCompiler {
    /// Compiles a request.
    ///
    /// - Parameters:
    ///   - request: What the filter shall do.
    ///   - name: What messages call it.
    /// - Returns: A program that the kernel takes.
    /// - Throws: ``SeccompError/tooLong(policy:instructions:)``.
    public static func compile(_ request: FilterRequest, name: String) throws(SeccompError) -> SeccompProgram {
        let architectures = request.architectures.union([.native])
        var program = BPFAssembler()
        var next = program.place(returning: .killProcess)
        for group in [[SeccompArchitecture.i386], [.native, .x32]] {
            let listed = group.filter(architectures.contains)
            guard let first = listed.first else { continue }
            let ranges = NumberRanges(
                listed,
                verdicts: request.verdicts,
                fallback: request.fallback,
                newer: request.newer
            )
            var tree = RangeTree(ranges, wideArguments: first.hasWideArguments)
            let root = tree.write(to: &program)
            next = program.branch(BPFCode.jumpIfEqual, first.auditValue, yes: root, no: next)
        }
        _ = program.load(SeccompField.architecture, then: next)
        return try checked(program.instructions, name: name)
    }
}
