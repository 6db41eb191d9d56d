/// What decides how a text is read, beside its type.
struct ReadingRules: Sendable {
    /// Whether the text comes from the command line, where docker's short units are taken too.
    var flag = false
    /// Names that are defined elsewhere.
    var vocabulary = Vocabulary.standard
}

/// A type of value in a profile: what the reference calls it, and how a text becomes one.
struct ValueType<Value: Sendable>: Sendable {
    /// What the reference calls it.
    let name: String
    /// All values, where they are few; for completion and the reference.
    var candidates: [String] = []
    /// Reads a scalar.
    let read: @Sendable (String, ReadingRules) throws(ValueProblem) -> Value

    /// Reads `text`.
    func parse(_ text: String, _ rules: ReadingRules) throws(ValueProblem) -> Value { try read(text, rules) }

    /// The same with a stricter rule: `problem` answers what is wrong with a value, or nil.
    func refusing(_ problem: @escaping @Sendable (Value) -> ValueProblem?) -> ValueType {
        let read = self.read
        return ValueType(name: name, candidates: candidates) { text, rules throws(ValueProblem) in
            let value = try read(text, rules)
            if let problem = problem(value) { throw problem }
            return value
        }
    }

    /// The same under another name.
    func named(_ name: String) -> ValueType { ValueType(name: name, candidates: candidates, read: read) }
}

// MARK: words and numbers

extension ValueType where Value == String {
    static var text: ValueType {
        ValueType(name: "text") { text, _ throws(ValueProblem) in
            guard !text.utf8.contains(0) else { throw ValueProblem("a text cannot hold NUL") }
            return text
        }
    }

    static var name: ValueType {
        ValueType(name: "name") { text, _ throws(ValueProblem) in
            try Names.check(text)
            return text
        }
    }

    static var template: ValueType {
        ValueType(name: "template") { text, _ throws(ValueProblem) in
            try Names.checkPath(text, extra: [UInt8(ascii: ":"), UInt8(ascii: "@")])
            return text
        }
    }

    static var hostName: ValueType {
        ValueType(name: "host name") { text, _ throws(ValueProblem) in
            try Names.checkHost(text)
            return text
        }
    }

    static var domain: ValueType {
        ValueType(name: "domain") { text, _ throws(ValueProblem) in
            try Names.checkHost(text, longest: 253)
            return text
        }
    }

    static var path: ValueType {
        ValueType(name: "absolute path") { text, _ throws(ValueProblem) in try Paths.absolute(text) }
    }

    /// resolv.conf(5): words such as `ndots:2`.
    static var resolverOption: ValueType {
        ValueType(name: "resolver option") { text, _ throws(ValueProblem) in
            let allowed = text.utf8.allSatisfy { Names.isLowerAlphanumeric($0) || "-:".utf8.contains($0) }
            guard allowed, !text.isEmpty, text.utf8.count <= 64 else {
                throw ValueProblem("\(text.quoted) is not an option of resolv.conf(5), as in ndots:2")
            }
            return text
        }
    }

    /// The name of a policy, or the absolute path of one.
    static var seccompPolicy: ValueType {
        ValueType(name: "policy name or path", candidates: Vocabulary.standard.seccompPolicies ?? []) {
            text,
            rules throws(ValueProblem) in
            if text.hasPrefix("/") { return try Paths.absolute(text) }
            guard let known = rules.vocabulary.seccompPolicies else {
                try Names.checkPath(text)
                return text
            }
            guard known.contains(text) else {
                throw ValueProblem(
                    "\(text.quoted) is not a seccomp policy: \(known.joined(separator: ", "))",
                    suggestion: Suggestion.nearest(to: text, among: known)
                )
            }
            return text
        }
    }
}

extension ValueType where Value == Bool {
    static var boolean: ValueType {
        ValueType(name: "true or false", candidates: ["true", "false"]) { text, _ throws(ValueProblem) in
            switch text {
            case "true": return true
            case "false": return false
            default:
                let likely = ["true": "true", "yes": "true", "on": "true", "y": "true", "1": "true"]
                let unlikely = ["false": "false", "no": "false", "off": "false", "n": "false", "0": "false"]
                let word = text.lowercased()
                throw ValueProblem(
                    "\(text.quoted) is neither true nor false",
                    suggestion: likely[word] ?? unlikely[word]
                        ?? Suggestion.nearest(to: word, among: ["true", "false"])
                )
            }
        }
    }
}

extension ValueType where Value == Int {
    /// A whole number without unit in `range`.
    static func integer(_ range: ClosedRange<Int>) -> ValueType {
        let words = "number from \(range.lowerBound) to \(range.upperBound)"
        return ValueType(name: words) { text, _ throws(ValueProblem) in
            guard let number = Int(text), text.first != "+" else {
                throw ValueProblem(
                    "\(text.quoted) is not a whole number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            guard range.contains(number) else { throw ValueProblem("\(number) is not a \(words)") }
            return number
        }
    }
}

extension ValueType where Value: Choice {
    static func choice(of type: Value.Type) -> ValueType {
        let words = Value.allCases.map(\.rawValue)
        return ValueType(name: "one of " + words.joined(separator: ", "), candidates: words) {
            text,
            _ throws(ValueProblem) in
            if let value = Value(rawValue: text) { return value }
            throw ValueProblem(
                "\(text.quoted) is not one of \(words.joined(separator: ", "))",
                suggestion: Suggestion.nearest(to: text, among: words)
            )
        }
    }
}

extension ValueType where Value == UInt32 {
    /// Permission bits in octal, as chmod(1) has them.
    static var permissions: ValueType {
        ValueType(name: "octal mode") { text, _ throws(ValueProblem) in
            guard (1...5).contains(text.utf8.count), text.first != "+", let mode = UInt32(text, radix: 8),
                mode <= 0o7777
            else {
                throw ValueProblem("\(text.quoted) is not an octal mode, as in 0755")
            }
            return mode
        }
    }
}
