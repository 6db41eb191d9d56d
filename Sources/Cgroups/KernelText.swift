/// A file of lines `key value`, such as `memory.stat`.
///
/// Lines of another form are skipped.
struct FlatKeyed {
    private let text: Substring.UTF8View

    init(_ text: String) {
        self.text = Substring(text).utf8
    }

    /// The value of the first line with this key; nil when it is missing or no number.
    subscript(key: String) -> UInt64? {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard line.count > key.utf8.count, line.starts(with: key.utf8) else { continue }
            let rest = line.dropFirst(key.utf8.count)
            guard rest.first == UInt8(ascii: " ") else { continue }
            return UInt64(Substring(rest.dropFirst()))
        }
        return nil
    }
}

/// A file of lines `name key=value key=value …`, such as `io.stat`.
///
/// What is not of this form is skipped.
struct NestedKeyed {
    private(set) var lines: [(name: String, values: [String: UInt64])] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            var values: [String: UInt64] = [:]
            for word in words.dropFirst() {
                guard let equals = word.firstIndex(of: "=") else { continue }
                values[String(word[..<equals])] = UInt64(word[word.index(after: equals)...])
            }
            lines.append((name: String(name), values: values))
        }
    }

    /// The sum over all lines; nil when no line has the key.
    func sum(_ key: String) -> UInt64? {
        lines.compactMap { $0.values[key] }.reduce(nil) { ($0 ?? 0).addingClamped($1) }
    }
}

/// A v1 `blkio` statistics file: lines `major:minor Operation count` and one `Total count`.
struct BlockOperations {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// The sum over all disks; nil when the file knows the operation of no disk and has no total either.
    func sum(_ operation: String) -> UInt64? {
        var sum: UInt64?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            // A group without I/O has only the total, which is zero.
            if words.count == 2, words[0] == "Total", words[1] == "0" { sum = sum ?? 0 }
            guard words.count == 3, words[1] == operation, let count = UInt64(words[2]) else { continue }
            sum = (sum ?? 0).addingClamped(count)
        }
        return sum
    }
}

extension UInt64 {
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    func multipliedClamped(by other: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
