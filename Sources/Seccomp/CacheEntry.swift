/// One cached program with everything it was made from.
///
///     magic         8 bytes   "BAILEYSC"
///     version       4 bytes   SeccompCompiler.version
///     capabilities  8 bytes   the bounding set
///     count         4 bytes   how many sources follow; each is
///         length, name        4 bytes, then that many
///         length, text        4 bytes, then that many
///     length        4 bytes   of the program
///     program                 SeccompProgram.bytes
///     checksum      8 bytes   FNV-1a of the program's bytes; the rest is compared with the truth
///
/// All numbers are little endian.
struct CacheEntry: Equatable {
    let capabilities: UInt64
    /// By name; the policy itself first.
    let sources: [Source]
    let program: SeccompProgram

    struct Source: Equatable {
        let name: String
        let text: [UInt8]
    }

    private static let magic = Array("BAILEYSC".utf8)

    init(capabilities: UInt64, sources: [Source], program: SeccompProgram) {
        self.capabilities = capabilities
        self.sources = sources
        self.program = program
    }

    var bytes: [UInt8] {
        var bytes = Self.magic + ByteCoding.bytes(SeccompCompiler.version) + ByteCoding.bytes(capabilities)
        bytes += ByteCoding.bytes(UInt32(sources.count))
        for source in sources {
            for part in [Array(source.name.utf8), source.text] {
                bytes += ByteCoding.bytes(UInt32(part.count)) + part
            }
        }
        let code = program.bytes
        bytes += ByteCoding.bytes(UInt32(code.count)) + code
        return bytes + ByteCoding.bytes(Self.checksum(code[...]))
    }

    /// Reads an entry; `nil` if it is of another version, cut off, changed or no entry at all.
    init?(bytes: [UInt8]) {
        var rest = Reader(rest: bytes[...])
        guard let magic = rest.take(8), magic.elementsEqual(Self.magic),
            let version: UInt32 = rest.number(), version == SeccompCompiler.version,
            let capabilities: UInt64 = rest.number(), let count: UInt32 = rest.number(), count <= 64
        else { return nil }
        var sources: [Source] = []
        for _ in 0..<count {
            guard let name = rest.block(), let text = rest.block() else { return nil }
            sources.append(Source(name: String(decoding: name, as: UTF8.self), text: Array(text)))
        }
        guard let code = rest.block(), let checksum: UInt64 = rest.number(), rest.isAtEnd,
            checksum == Self.checksum(code), let program = SeccompProgram(bytes: Array(code))
        else { return nil }
        self.init(capabilities: capabilities, sources: sources, program: program)
    }

    private static func checksum(_ code: ArraySlice<UInt8>) -> UInt64 {
        var hash = ContentHash()
        hash.add(code)
        return hash.value
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count <= rest.count else { return nil }
            let taken = rest.prefix(count)
            rest = rest.dropFirst(count)
            return taken
        }

        mutating func number<Number: FixedWidthInteger>() -> Number? {
            take(Number.bitWidth / 8).map { ByteCoding.number($0) }
        }

        mutating func block() -> ArraySlice<UInt8>? {
            guard let count: UInt32 = number() else { return nil }
            return take(Int(count))
        }
    }
}
