import LinuxKernel

/// What a set or map of nf_tables holds.
struct SetShape: Equatable, Sendable {
    /// A field of a key or value, with nft's number for its type.
    enum Field: Equatable, Sendable {
        case interfaceName
        case hardwareAddress
        case address(AddressVersion)
        case transport
        case port
        case mark

        var type: UInt32 {
            switch self {
            case .interfaceName: 41
            case .hardwareAddress: 9
            case .address(let version): version.type
            case .transport: 12
            case .port: 13
            case .mark: 19
            }
        }

        var length: UInt32 {
            switch self {
            case .interfaceName: 16
            case .hardwareAddress: 6
            case .address(let version): version.length
            case .transport: 1
            case .port: 2
            case .mark: 4
            }
        }
    }

    /// What a map leads to.
    enum Value: Equatable, Sendable {
        case none
        case data([Field])
        case verdict
        /// `NFT_OBJECT_*`: 2 a quota, 4 a limit.
        case object(UInt32)
    }

    let name: String
    let key: [Field]
    var value = Value.none
    /// Each element counts what matched it.
    var counts = false
    /// Rules add elements, or elements carry expressions of their own.
    var dynamic = false
    var size: UInt32?

    var flags: UInt32 {
        var flags: UInt32 = dynamic ? 0x20 : 0  // NFT_SET_EVAL
        switch value {
        case .none: break
        case .data, .verdict: flags |= 0x8  // NFT_SET_MAP
        case .object: flags |= 0x40  // NFT_SET_OBJECT
        }
        return flags
    }

    var keyType: UInt32 { Self.type(key) }
    var keyLength: UInt32 { Self.length(key) }

    /// Fields of a concatenation take six bits each.
    static func type(_ fields: [Field]) -> UInt32 { fields.reduce(0) { $0 << 6 | $1.type } }

    /// A single field has its own length; several are padded to four bytes each.
    static func length(_ fields: [Field]) -> UInt32 {
        fields.count == 1 ? fields[0].length : fields.reduce(0) { $0 + ($1.length + 3) / 4 * 4 }
    }
}

/// One element of a set or map.
struct Element: Sendable {
    /// Fields one after the other, padded as in ``SetShape/length(_:)``.
    let key: [UInt8]
    var data: [UInt8]?
    var verdict: Expression.Verdict?
    var object: String?
    var expression: Expression?

    init(
        _ fields: [UInt8]...,
        data: [[UInt8]]? = nil,
        verdict: Expression.Verdict? = nil,
        object: String? = nil,
        expression: Expression? = nil
    ) {
        key = Self.joined(fields)
        self.data = data.map(Self.joined)
        (self.verdict, self.object, self.expression) = (verdict, object, expression)
    }

    func write(to message: inout NetlinkMessage, keyOnly: Bool) {
        message.nest(1, marked: true) { $0.add(1, key) }
        guard !keyOnly else { return }
        if let data { message.nest(2, marked: true) { $0.add(1, data) } }
        if let verdict { message.nest(2, marked: true) { verdict.write(to: &$0) } }
        if let object { message.add(9, text: object) }
        if let expression { message.nest(7, marked: true) { expression.write(to: &$0) } }
    }

    static func joined(_ fields: [[UInt8]]) -> [UInt8] {
        guard fields.count > 1 else { return fields.first ?? [] }
        return fields.flatMap { $0 + [UInt8](repeating: 0, count: (4 - $0.count % 4) % 4) }
    }

    /// The name of an interface as sets hold it.
    static func name(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(15))
        return bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
    }
}
