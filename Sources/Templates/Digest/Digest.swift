import CDigest

/// A SHA-256 value.
public struct Digest: Hashable, Sendable {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    /// Takes over `text` if it is `sha256-` and 64 lower-case hexadecimal digits.
    public init?(_ text: String) {
        guard text.hasPrefix("sha256-"), text.utf8.count == 71 else { return nil }
        let digits = text.utf8.dropFirst(7)
        guard digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        hex = String(text.dropFirst(7))
    }

    init(hex: String) {
        self.hex = hex
    }
}

extension Digest: CustomStringConvertible {
    /// `sha256-` and the digits, as in directory names and manifests.
    public var description: String { "sha256-\(hex)" }
}

/// Computes a SHA-256 digest piece by piece with libmd; sha2(3).
struct DigestStream {
    private var context = SHA2_CTX()

    init() {
        unsafe SHA256Init(&context)
    }

    mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { unsafe SHA256Update(&context, start, buffer.count) }
        }
    }

    /// Adds a text with its length, so that neighbouring texts cannot run into each other.
    mutating func field(_ text: String) {
        update(Array("\(text.utf8.count):".utf8))
        update(Array(text.utf8))
    }

    mutating func finish() -> Digest {
        var raw = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        unsafe raw.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { unsafe SHA256Final(start, &context) }
        }
        return Digest(
            hex: String(
                decoding: raw.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] },
                as: UTF8.self
            )
        )
    }

    private static let digits = Array("0123456789abcdef".utf8)

    static func of(_ bytes: [UInt8]) -> Digest {
        var stream = DigestStream()
        stream.update(bytes)
        return stream.finish()
    }
}
