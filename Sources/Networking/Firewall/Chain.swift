import LinuxKernel

/// A chain with its rules, in the order in which they are looked at.
struct Chain {
    let name: String
    let hook: Table.Hook?
    private(set) var rules: [[Expression]] = []

    init(_ name: String, _ hook: Table.Hook? = nil) {
        (self.name, self.hook) = (name, hook)
    }

    /// Adds a rule: its parts one after the other, all of which must match.
    mutating func add(_ parts: [Expression]...) { rules.append(parts.flatMap { $0 }) }

    /// Requests for chains: all are made before a rule names one.
    static func messages(_ chains: [Chain], in table: Table) -> [NetlinkMessage] {
        var messages = chains.map { table.chain($0.name, $0.hook) }
        for chain in chains {
            for rule in chain.rules { messages.append(table.rule(chain.name, rule)) }
        }
        return messages
    }
}
