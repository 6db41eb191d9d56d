import FoundationEssentials
import LinuxKernel

/// Talks to `baileyd` over its socket: one request a connection, blocking.
package struct ControlClient: Sendable {
    /// The socket.
    package let path: String

    /// A client for the supervisor at `path`.
    package init(path: String) { self.path = path }

    /// What came back.
    package struct Answer: Sendable {
        /// The HTTP status.
        package let status: Int
        /// The body.
        package let body: [UInt8]
    }

    /// Whether a supervisor answers there; a socket that nobody listens on is as good as none.
    package var isThere: Bool {
        Files.exists(path) && (try? UnixSocket.connect(path)) != nil
    }

    /// Sends a request with a JSON body and reads a JSON answer.
    ///
    /// - Throws: ``Problem`` with the server's own words, or that it cannot be reached.
    package func call<Result: Decodable>(
        _ method: String,
        _ target: String,
        _ body: (any Encodable)? = nil,
        as type: Result.Type
    ) throws -> Result {
        let answer = try send(method, target, body)
        do { return try JSONDecoder().decode(Result.self, from: Data(answer.body)) } catch {
            throw Problem(
                kind: "failed",
                error: "asking baileyd: its answer cannot be read: install bailey and baileyd together"
            )
        }
    }

    /// Sends a request; answers of 400 and above are thrown.
    @discardableResult
    package func send(_ method: String, _ target: String, _ body: (any Encodable)? = nil) throws -> Answer {
        let socket = try open(method, target, body)
        var reader = HTTPReader(socket.number)
        let head = try reader.head()
        var content: [UInt8] = []
        while let part = try reader.part() { content += part }
        return try Self.check(Answer(status: head, body: content))
    }

    /// Sends a request and hands over the lines of its answer as they come; ends when the server ends, or `line` says so.
    package func follow(_ target: String, line: (String) throws -> Bool) throws {
        let socket = try open("GET", target, nil)
        var reader = HTTPReader(socket.number)
        let status = try reader.head()
        var rest: [UInt8] = []
        while let part = try reader.part() {
            rest += part
            while status < 400, let end = rest.firstIndex(of: 10) {
                let text = String(decoding: rest[..<end], as: UTF8.self)
                rest.removeSubrange(...end)
                if try !line(text) { return }
            }
        }
        _ = try Self.check(Answer(status: status, body: rest))
    }

    private func open(_ method: String, _ target: String, _ body: (any Encodable)?) throws -> OwnedDescriptor {
        let content = try body.map { try Array(JSONEncoder().encode($0)) } ?? []
        let head =
            "\(method) \(target) HTTP/1.1\r\nHost: bailey\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(content.count)\r\n\r\n"
        do {
            let socket = try UnixSocket.connect(path)
            try Files.write(socket.number, Array(head.utf8) + content, named: path)
            return socket
        } catch {
            throw Problem(kind: "failed", error: "asking baileyd: \(error): is it running? see its log")
        }
    }

    private static func check(_ answer: Answer) throws -> Answer {
        guard answer.status >= 400 else { return answer }
        if let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body)) { throw problem }
        throw Problem(kind: "failed", error: "asking baileyd: it answered with status \(answer.status)")
    }

    /// A word for the path of a request.
    package static func word(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            if isPlain || "-._~".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}
