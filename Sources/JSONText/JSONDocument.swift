import CJSONC

/// A parsed JSON text; its values are read through ``JSONNode``.
///
/// json-c does the parsing: strict, with a limit on depth, UTF-8 checked, integers of 64 bits with and without a sign.
@safe public final class JSONDocument {
    /// How deep objects and arrays may be nested in each other.
    public static let depthLimit: Int32 = 64

    /// How long a text may be, in bytes.
    public static let byteLimit = 16 << 20

    let object: OpaquePointer?

    /// Parses `text`, which must hold one value and nothing else.
    ///
    /// - Throws: ``JSONError`` that says at which byte the text stops to be JSON.
    public init(_ text: [UInt8]) throws(JSONError) {
        guard text.count <= Self.byteLimit else {
            throw JSONError("", "it has \(text.count) bytes, and at most \(Self.byteLimit) are taken")
        }
        guard !text.isEmpty else { throw JSONError("", "it is empty") }
        guard let tokener = unsafe json_tokener_new_ex(Self.depthLimit) else { throw JSONError("", "out of memory") }
        defer { unsafe json_tokener_free(tokener) }
        unsafe json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
        // One zero byte after the text tells the parser that a number at its end is complete.
        let terminated = text + [0]
        let parsed = unsafe terminated.withUnsafeBytes { bytes in
            unsafe json_tokener_parse_ex(
                tokener,
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(terminated.count)
            )
        }
        let verdict = unsafe json_tokener_get_error(tokener)
        let end = unsafe json_tokener_get_parse_end(tokener)
        guard verdict == json_tokener_success else {
            _ = unsafe json_object_put(parsed)
            throw JSONError("", Self.failure(verdict, at: end, of: text))
        }
        guard text.dropFirst(end).allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            _ = unsafe json_object_put(parsed)
            throw JSONError("", "text follows the end of the JSON value: \(Self.place(end, of: text))")
        }
        unsafe object = parsed
    }

    deinit {
        _ = unsafe json_object_put(object)
    }

    /// The value of the whole text.
    public var root: JSONNode { unsafe JSONNode(self, object, JSONPath()) }

    private static func failure(_ verdict: json_tokener_error, at end: Int, of text: [UInt8]) -> String {
        if verdict == json_tokener_continue { return "it ends in the middle: \(place(end, of: text))" }
        if verdict == json_tokener_error_depth { return "it is nested more than \(depthLimit) deep" }
        let words = unsafe json_tokener_error_desc(verdict).map { unsafe String(cString: $0) } ?? "syntax error"
        return "no valid JSON: \(words): \(place(end, of: text))"
    }

    private static func place(_ end: Int, of text: [UInt8]) -> String {
        let before = text.prefix(end)
        let line = before.count { $0 == 0x0A } + 1
        let column = end - ((before.lastIndex(of: 0x0A) ?? -1) + 1) + 1
        return "line \(line), column \(column)"
    }
}
