/// Bytes that are no plan: truncated, of another version, or with a value outside its range.
public struct PlanFormatError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, and at which byte.
    public let reason: String

    /// Lower case, without the jail's name, which the reader may not know yet.
    public var description: String { "reading the launch plan: \(reason)" }
}

/// A value with a place in the binary plan.
///
/// The form is little-endian and positional: unsigned integers as 8 bytes, strings and lists with a 4-byte count in
/// front. No field has a name or a default, so a plan is read by the version that wrote it and by no other: launcher and
/// caller are installed together, and the version in the header refuses the rest.
public protocol PlanValue {
    /// Appends the value.
    func encode(to writer: inout PlanWriter)

    /// Reads what ``encode(to:)`` appended.
    init(from reader: inout PlanReader) throws(PlanFormatError)
}

/// Collects the bytes of a plan.
public struct PlanWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// Starts empty.
    public init() {
        bytes.reserveCapacity(8192)
    }

    /// Appends bytes as they are.
    public mutating func append(raw: [UInt8]) {
        bytes += raw
    }

    /// Appends `number` as eight bytes, lowest first.
    public mutating func append(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    /// Appends a count of at most 2^32 - 1.
    mutating func append(count: Int) {
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
    }
}

/// Takes a plan's bytes apart; every read is checked against what is left.
public struct PlanReader: Sendable {
    private let bytes: [UInt8]
    private(set) var position = 0

    /// Starts at the first byte.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Bytes not read yet.
    public var remaining: Int { bytes.count - position }

    /// The next `count` bytes.
    public mutating func take(_ count: Int) throws(PlanFormatError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else {
            throw PlanFormatError(reason: "it ends \(count - remaining) bytes early, at byte \(bytes.count)")
        }
        position += count
        return bytes[(position - count)..<position]
    }

    /// The next eight bytes as a number, lowest first.
    public mutating func number() throws(PlanFormatError) -> UInt64 {
        var value: UInt64 = 0
        for byte in try take(8).reversed() { value = value << 8 | UInt64(byte) }
        return value
    }

    /// A count, which cannot be larger than the bytes left: every element takes at least one.
    mutating func count() throws(PlanFormatError) -> Int {
        var value = 0
        for byte in try take(4).reversed() { value = value << 8 | Int(byte) }
        guard value <= remaining else {
            throw PlanFormatError(reason: "a count of \(value) at byte \(position) exceeds what is left")
        }
        return value
    }

    /// Refuses a value that the format does not know, and says where it stood.
    func unknown(_ what: String, _ value: UInt64) -> PlanFormatError {
        PlanFormatError(reason: "unknown \(what) \(value) before byte \(position)")
    }
}

extension UInt64: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) { writer.append(self) }
    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) { self = try reader.number() }
}

extension UInt32: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) { writer.append(UInt64(self)) }
    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        let number = try reader.number()
        guard let value = UInt32(exactly: number) else { throw reader.unknown("32-bit number", number) }
        self = value
    }
}

extension UInt8: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) { writer.append(raw: [self]) }
    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self = try reader.take(1).first ?? 0
    }
}

extension Int32: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) { UInt32(bitPattern: self).encode(to: &writer) }
    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self = Int32(bitPattern: try UInt32(from: &reader))
    }
}

extension Bool: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) { UInt8(self ? 1 : 0).encode(to: &writer) }
    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        let byte = try UInt8(from: &reader)
        guard byte < 2 else { throw reader.unknown("truth value", UInt64(byte)) }
        self = byte == 1
    }
}

extension String: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        let utf8 = Array(self.utf8)
        writer.append(count: utf8.count)
        writer.append(raw: utf8)
    }
    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        let bytes = try reader.take(try reader.count())
        // The kernel takes C strings: a zero byte would silently cut a path short.
        guard !bytes.contains(0) else {
            throw PlanFormatError(reason: "a text before byte \(reader.position) has a zero byte")
        }
        self = String(decoding: bytes, as: UTF8.self)
    }
}

extension Array: PlanValue where Element: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        writer.append(count: count)
        for element in self { element.encode(to: &writer) }
    }
    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self = []
        for _ in 0..<(try reader.count()) { append(try Element(from: &reader)) }
    }
}

extension Optional: PlanValue where Wrapped: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        (self != nil).encode(to: &writer)
        self?.encode(to: &writer)
    }
    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self = try Bool(from: &reader) ? try Wrapped(from: &reader) : nil
    }
}
