import ControlAPI
import Glibc
import Hummingbird
import LinuxKernel

/// The kept output of a jail; the last part of it, never the whole of a large one in memory.
struct JailLog: Sendable {
    private let path: String
    private let lines: Int
    private let workers: Workers

    init(_ name: String, _ supervisor: Supervisor, _ request: Request) async throws {
        path = supervisor.engine.layout.stateDirectory(name) + "/log"
        lines = min(max(request.uri.queryParameters["tail"].flatMap { Int($0) } ?? 100, 0), 100_000)
        workers = supervisor.workers
    }

    func response() async throws -> Response {
        let (path, lines) = (path, lines)
        let text = try await workers.run { () throws -> [UInt8] in
            guard Files.exists(path) else { return [] }
            return try Self.tail(path, lines)
        }
        return Answers.bytes(text, "text/plain; charset=utf-8")
    }

    /// The last lines among the last mebibyte.
    private static func tail(_ path: String, _ lines: Int) throws -> [UInt8] {
        let file = try Files.open(path, O_RDONLY | O_NOFOLLOW)
        let size = try Files.status("", at: file.number).size
        _ = lseek(file.number, Int(max(0, size - (1 << 20))), SEEK_SET)
        var bytes = try Files.read(file.number, named: path, limit: 1 << 22)
        var (count, start) = (0, bytes.count)
        for index in bytes.indices.reversed() where bytes[index] == 10 && index != bytes.count - 1 {
            count += 1
            if count == lines {
                start = index + 1
                break
            }
        }
        if count < lines { start = 0 }
        bytes.removeSubrange(..<start)
        return bytes
    }
}
