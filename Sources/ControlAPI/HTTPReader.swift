import LinuxKernel

/// Reads one HTTP/1.1 answer from a descriptor: its status, then the parts of its body.
struct HTTPReader {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var framing = Framing.untilEnd

    private enum Framing {
        case untilEnd
        case length(Int)
        case chunked
        case over
    }

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The status; afterwards ``part()`` gives the body.
    mutating func head() throws -> Int {
        guard let first = try line() else { throw Self.broken("it hung up") }
        let words = first.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw Self.broken("\(first.prefix(40)) is no answer")
        }
        while let text = try line(), !text.isEmpty {
            guard let colon = text.firstIndex(of: ":") else { continue }
            let name = text[..<colon].lowercased()
            let value = text[text.index(after: colon)...].drop { $0 == " " }
            if name == "content-length", let length = Int(value), length >= 0 { framing = .length(length) }
            if name == "transfer-encoding", value.lowercased() == "chunked" { framing = .chunked }
        }
        return status
    }

    /// The next part of the body; nil at its end.
    mutating func part() throws -> [UInt8]? {
        switch framing {
        case .over: return nil
        case .untilEnd: return try take(upTo: 1 << 16)
        case .length(0): return nil
        case .length(let left):
            guard let bytes = try take(upTo: left) else { throw Self.broken("its answer ends too early") }
            framing = .length(left - bytes.count)
            return bytes
        case .chunked: return try chunk()
        }
    }

    private mutating func chunk() throws -> [UInt8]? {
        guard let text = try line(), let size = Int(text.prefix { $0 != ";" }, radix: 16), size >= 0 else {
            throw Self.broken("its answer ends too early")
        }
        if size == 0 {
            framing = .over
            return nil
        }
        var bytes: [UInt8] = []
        while bytes.count < size {
            guard let more = try take(upTo: size - bytes.count) else { throw Self.broken("its answer ends too early") }
            bytes += more
        }
        _ = try line()
        return bytes
    }

    private mutating func take(upTo count: Int) throws -> [UInt8]? {
        if buffer.isEmpty {
            buffer = try Files.readSome(descriptor, named: "baileyd", upTo: 1 << 16)
            if buffer.isEmpty { return nil }
        }
        let taken = Array(buffer.prefix(count))
        buffer.removeFirst(taken.count)
        return taken
    }

    /// A line without its end; nil when the other side is gone.
    private mutating func line() throws -> String? {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                var bytes = buffer[..<end]
                if bytes.last == 13 { bytes.removeLast() }
                let text = String(decoding: bytes, as: UTF8.self)
                buffer.removeSubrange(...end)
                return text
            }
            guard buffer.count < 1 << 16 else { throw Self.broken("a line of its answer is too long") }
            let more = try Files.readSome(descriptor, named: "baileyd", upTo: 4096)
            if more.isEmpty { return nil }
            buffer += more
        }
    }

    private static func broken(_ why: String) -> Problem {
        Problem(kind: "failed", error: "asking baileyd: \(why): see its log")
    }
}
