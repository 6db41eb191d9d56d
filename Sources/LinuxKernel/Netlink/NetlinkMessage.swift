/// One request to the kernel, as netlink(7) and rtnetlink(7) lay it out.
///
///     length u32 · type u16 · flags u16 · sequence u32 · port u32 · family header · attributes
///
/// The length is kept right while attributes are added; sequence numbers are given when it is sent.
public struct NetlinkMessage: Equatable, Sendable {
    /// What was built so far.
    public private(set) var bytes: [UInt8]

    /// What a failure of this message calls it, such as `RTM_NEWLINK eth0`.
    public let subject: String

    /// Begins a message with the fixed header of its family.
    public init(_ type: UInt16, _ flags: NetlinkFlags, header: [UInt8], subject: String) {
        self.subject = subject
        bytes = [0, 0, 0, 0]
        bytes.appendHost(type)
        bytes.appendHost(flags.rawValue | NetlinkFlags.request.rawValue)
        bytes.append(contentsOf: [UInt8](repeating: 0, count: 8))
        bytes.append(contentsOf: header)
        pad()
    }

    /// Takes a finished message as it was written down.
    ///
    /// - Returns: nil when its length is not the one it names.
    public init?(raw: [UInt8], subject: String) {
        guard raw.count >= 16, Int(raw.hostNumber(at: 0)) == raw.count else { return nil }
        (bytes, self.subject) = (raw, subject)
    }

    /// Its type, the `RTM_*` or `NFT_MSG_*` number.
    public var type: UInt16 { UInt16(bytes[4]) | UInt16(bytes[5]) << 8 }

    /// Whether the kernel is asked for an answer even when all went well.
    public var wantsAcknowledgement: Bool { bytes[6] & UInt8(NetlinkFlags.acknowledge.rawValue) != 0 }

    /// Adds an attribute with these bytes.
    public mutating func add(_ type: UInt16, _ payload: [UInt8]) {
        bytes.appendHost(UInt16(truncatingIfNeeded: payload.count + 4))
        bytes.appendHost(type)
        bytes.append(contentsOf: payload)
        pad()
    }

    /// Adds a number in the host's order, as rtnetlink has them.
    public mutating func add(_ type: UInt16, host value: UInt32) { add(type, value.hostBytes) }

    /// Adds a number in network order, as nfnetlink has them.
    public mutating func add(_ type: UInt16, network value: UInt32) { add(type, value.networkBytes) }

    /// Adds a number in network order.
    public mutating func add(_ type: UInt16, network64 value: UInt64) {
        add(type, UInt32(value >> 32).networkBytes + UInt32(truncatingIfNeeded: value).networkBytes)
    }

    /// Adds a single byte.
    public mutating func add(_ type: UInt16, byte value: UInt8) { add(type, [value]) }

    /// Adds a text with its closing zero.
    public mutating func add(_ type: UInt16, text: String) { add(type, Array(text.utf8) + [0]) }

    /// Adds an attribute that holds attributes; `marked` sets `NLA_F_NESTED`, which nfnetlink wants.
    public mutating func nest(_ type: UInt16, marked: Bool = false, _ body: (inout NetlinkMessage) -> Void) {
        let start = bytes.count
        bytes.append(contentsOf: [0, 0])
        bytes.appendHost(marked ? type | 0x8000 : type)
        body(&self)
        let length = UInt16(truncatingIfNeeded: bytes.count - start)
        bytes[start] = UInt8(truncatingIfNeeded: length)
        bytes[start + 1] = UInt8(length >> 8)
        keepLength()
    }

    /// Adds bytes as they are, such as the second header that veth's peer wants inside an attribute.
    public mutating func append(raw: [UInt8]) {
        bytes.append(contentsOf: raw)
        pad()
    }

    /// The message with a sequence number, ready to be sent.
    func numbered(_ sequence: UInt32) -> [UInt8] {
        var copy = bytes
        copy.replaceSubrange(8..<12, with: sequence.hostBytes)
        return copy
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
        keepLength()
    }

    private mutating func keepLength() {
        bytes.replaceSubrange(0..<4, with: UInt32(truncatingIfNeeded: bytes.count).hostBytes)
    }
}

/// Flags of a request.
public struct NetlinkFlags: OptionSet, Sendable {
    /// The bits of `nlmsg_flags`.
    public let rawValue: UInt16
    /// Takes the bits as they are.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    static let request = Self(rawValue: 0x1)
    /// Answer also when all went well.
    public static let acknowledge = Self(rawValue: 0x4)
    /// All objects of a kind.
    public static let dump = Self(rawValue: 0x300)
    /// Replace what is there.
    public static let replace = Self(rawValue: 0x100)
    /// Fail when it is there.
    public static let exclusive = Self(rawValue: 0x200)
    /// Make it when it is not there.
    public static let create = Self(rawValue: 0x400)
    /// Put a rule at the end of its chain.
    public static let append = Self(rawValue: 0x800)
}

extension UInt32 {
    /// Four bytes in the host's order.
    public var hostBytes: [UInt8] {
        [
            UInt8(truncatingIfNeeded: self), UInt8(truncatingIfNeeded: self >> 8),
            UInt8(truncatingIfNeeded: self >> 16),
            UInt8(truncatingIfNeeded: self >> 24),
        ]
    }

    /// Four bytes, highest first.
    public var networkBytes: [UInt8] { hostBytes.reversed() }
}

extension UInt16 {
    /// Two bytes, highest first.
    public var networkBytes: [UInt8] { [UInt8(self >> 8), UInt8(truncatingIfNeeded: self)] }
}

extension [UInt8] {
    mutating func appendHost(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(value >> 8))
    }
}
