/// An action and the conditions under which it is taken.
public struct ConditionalAction: Hashable, Sendable {
    /// All of them have to hold.
    public let conditions: [ArgumentCondition]
    /// What happens then.
    public let action: SeccompAction

    /// Makes one.
    public init(_ conditions: [ArgumentCondition], _ action: SeccompAction) {
        self.conditions = conditions
        self.action = action
    }
}

/// All that a policy says about one call: conditional actions, of which the first that applies counts, and the rest.
public struct CallVerdict: Hashable, Sendable {
    /// Tried in this order.
    public let conditional: [ConditionalAction]
    /// What happens when none of them applies.
    public let otherwise: SeccompAction

    /// Makes a verdict; conditional actions at the end that change nothing are left out.
    public init(_ conditional: [ConditionalAction] = [], otherwise: SeccompAction) {
        var kept = conditional
        while kept.last?.action == otherwise { kept.removeLast() }
        self.conditional = kept
        self.otherwise = otherwise
    }

    /// What happens to a call with these six arguments.
    public func action(for arguments: [UInt64]) -> SeccompAction {
        let applying = conditional.first { candidate in
            candidate.conditions.allSatisfy {
                arguments.indices.contains($0.argument) && $0.holds(for: arguments[$0.argument])
            }
        }
        return applying?.action ?? otherwise
    }
}

extension CallVerdict: CustomStringConvertible {
    /// Such as `errno EPERM if argument 1 equal 0x5412, else allow`.
    public var description: String {
        let parts = conditional.map { candidate in
            "\(candidate.action) if \(candidate.conditions.map(\.description).joined(separator: " and "))"
        }
        return parts.isEmpty ? otherwise.description : parts.joined(separator: ", ") + ", else \(otherwise)"
    }
}
