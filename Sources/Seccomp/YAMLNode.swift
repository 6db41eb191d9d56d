/// A YAML value and where it stands; what the reader works on, free of the YAML library.
struct YAMLNode {
    indirect enum Value {
        case scalar(String)
        case sequence([YAMLNode])
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    let value: Value
    /// From 1.
    let line: Int
    /// From 1.
    let column: Int

    /// The text of a scalar, `nil` for anything else.
    var text: String? {
        if case .scalar(let text) = value { text } else { nil }
    }
}

/// Why a text is no YAML document.
struct YAMLProblem: Error {
    let line: Int
    let column: Int
    let message: String
}
