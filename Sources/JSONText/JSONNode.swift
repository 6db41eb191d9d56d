import CJSONC

/// One value of a ``JSONDocument``, with its path.
///
/// Every reader names the type it wants: a value of another type, or one that does not fit, is an error with the path.
/// `null` counts as absent, as it does for the programs that write OCI configurations.
@safe public struct JSONNode {
    private let document: JSONDocument
    private let object: OpaquePointer?
    /// Where it stands.
    public let path: JSONPath

    init(_ document: JSONDocument, _ object: OpaquePointer?, _ path: JSONPath) {
        self.document = document
        unsafe self.object = object
        self.path = path
    }

    /// An error about this value.
    public func error(_ reason: String) -> JSONError { JSONError(path.text, reason) }

    private var type: json_type { unsafe json_object_get_type(object) }

    private func mismatch(_ wanted: String) -> JSONError {
        let found =
            switch type {
            case json_type_boolean: "a truth value"
            case json_type_double: "a number with a fraction or beyond 64 bits"
            case json_type_int: "a number"
            case json_type_object: "an object"
            case json_type_array: "an array"
            case json_type_string: "a string"
            default: "null"
            }
        return error("it is \(found), and \(wanted) is wanted")
    }

    /// The member `key` of an object; nil when it is missing or null.
    public func member(_ key: String) throws(JSONError) -> JSONNode? {
        guard type == json_type_object else { throw mismatch("an object") }
        var found: OpaquePointer?
        guard unsafe json_object_object_get_ex(object, key, &found) != 0, unsafe found != nil else { return nil }
        return unsafe JSONNode(document, found, path.appending(key))
    }

    /// The member `key`, which must be there.
    public func required(_ key: String) throws(JSONError) -> JSONNode {
        guard let member = try member(key) else { throw JSONError(path.appending(key).text, "it is missing") }
        return member
    }

    /// Reads the member `key` if it is there.
    public func optional<Value>(
        _ key: String,
        _ read: (JSONNode) throws(JSONError) -> Value
    ) throws(JSONError) -> Value? {
        guard let member = try member(key) else { return nil }
        return try read(member)
    }

    /// Reads every element of the array `key`; a missing one is empty.
    public func list<Value>(
        _ key: String,
        _ read: (JSONNode) throws(JSONError) -> Value
    ) throws(JSONError) -> [Value] {
        guard let member = try member(key) else { return [] }
        var values: [Value] = []
        for element in try member.elements() { values.append(try read(element)) }
        return values
    }

    /// The elements of an array.
    public func elements() throws(JSONError) -> [JSONNode] {
        guard type == json_type_array else { throw mismatch("an array") }
        let count = unsafe json_object_array_length(object)
        return (0..<count).map { index in
            unsafe JSONNode(document, json_object_array_get_idx(object, index), path.appending(index))
        }
    }

    /// The members of an object that are not null, in the order of the text; the last of two with one name counts.
    public func members() throws(JSONError) -> [(key: String, value: JSONNode)] {
        guard type == json_type_object else { throw mismatch("an object") }
        var members: [(key: String, value: JSONNode)] = []
        var iterator = unsafe json_object_iter_begin(object)
        var end = unsafe json_object_iter_end(object)
        while unsafe json_object_iter_equal(&iterator, &end) == 0 {
            if let name = unsafe json_object_iter_peek_name(&iterator),
                let value = unsafe json_object_iter_peek_value(&iterator)
            {
                let key = unsafe String(cString: name)
                members.append((key, unsafe JSONNode(document, value, path.appending(key))))
            }
            unsafe json_object_iter_next(&iterator)
        }
        return members
    }

    /// A truth value.
    public func bool() throws(JSONError) -> Bool {
        guard type == json_type_boolean else { throw mismatch("true or false") }
        return unsafe json_object_get_boolean(object) != 0
    }

    /// A text; the kernel takes C strings, so a zero byte in it is refused.
    public func string() throws(JSONError) -> String {
        guard type == json_type_string, let text = unsafe json_object_get_string(object) else {
            throw mismatch("a string")
        }
        let value = unsafe String(cString: text)
        guard value.utf8.count == Int(unsafe json_object_get_string_len(object)) else {
            throw error("it holds a zero byte")
        }
        return value
    }

    /// A whole number that fits `Number`.
    public func integer<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws(JSONError) -> Number {
        guard self.type == json_type_int else { throw mismatch("a whole number") }
        let signed = unsafe json_object_get_int64(object)
        // json-c clamps: what is above the largest signed value can only be told as unsigned.
        let value = signed == .max ? Number(exactly: unsafe json_object_get_uint64(object)) : Number(exactly: signed)
        guard let value else { throw error("it must lie between \(Number.min) and \(Number.max)") }
        return value
    }

    /// The value as JSON text without blanks: what stands for it in digests and copies.
    public func text() -> [UInt8] {
        var length = 0
        guard let text = unsafe json_object_to_json_string_length(object, 0, &length) else { return Array("null".utf8) }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: length))
    }
}
