import Engine
import LinuxKernel
import Profiles

/// One way of seeing whether a jail is well.
struct HealthProbe: Sendable {
    /// What is tried.
    enum Check: Sendable {
        case command([String])
        case tcp(address: UInt32, port: UInt16)
        case http(address: UInt32, port: UInt16, host: String, path: String)
    }

    /// What came of it.
    enum Outcome: Sendable {
        case passed
        case failed(String)
    }

    let check: Check
    /// Milliseconds between checks, and for one of them.
    let interval: Int64
    /// Failures in a row that count.
    let failures: Int
    /// What is done with a jail that is not well.
    let action: HealthAction

    /// The check that a spec names; nil where it names none.
    init?(_ spec: HealthSpec) {
        guard let check = Self.check(spec) else { return nil }
        self.check = check
        interval = Int64(spec.interval.value.microseconds / 1000)
        failures = spec.failures.value
        action = spec.action.value
    }
}

extension HealthProbe {
    private static func check(_ spec: HealthSpec) -> Check? {
        if let command = spec.exec { return .command(command.value) }
        if let tcp = spec.tcp?.value { return tcp.address.map { .tcp(address: $0, port: tcp.port) } }
        guard let url = spec.http?.value, !url.isSecure, let address = url.endpoint.address else { return nil }
        return .http(address: address, port: url.endpoint.port, host: url.endpoint.host, path: url.path)
    }

    /// Tries once; blocks for as long as the interval at most.
    func check(_ jail: String, _ engine: Engine) -> Outcome {
        do {
            let limit = Int32(clamping: interval)
            switch check {
            case .command(let command):
                let status = try engine.runInside(jail, EntryRequest(command: command), milliseconds: Int64(limit))
                return status == 0 ? .passed : .failed("\(command.joined(separator: " ")) exited with \(status)")
            case .tcp(let address, let port):
                _ = try connect(jail, engine, address, port, limit)
                return .passed
            case .http(let address, let port, let host, let path):
                let socket = try connect(jail, engine, address, port, limit)
                return try Self.get(socket.number, host, path, limit)
            }
        } catch {
            return .failed("\(error)")
        }
    }

    private func connect(
        _ jail: String,
        _ engine: Engine,
        _ address: UInt32,
        _ port: UInt16,
        _ limit: Int32
    ) throws -> OwnedDescriptor {
        let record = try JailListing(engine).running(jail)
        guard let process = record.process else { throw EngineError.notRunning(jail, state: record.state) }
        return try JailConnection.open(process.pid, address: address, port: port, milliseconds: limit)
    }

    /// Reads no more than the first line of what the jail answers.
    private static func get(_ socket: Int32, _ host: String, _ path: String, _ limit: Int32) throws -> Outcome {
        let name = host.isEmpty ? "localhost" : host
        let request = "GET \(path) HTTP/1.0\r\nHost: \(name)\r\nUser-Agent: bailey-health\r\nConnection: close\r\n\r\n"
        try Files.write(socket, Array(request.utf8), named: "health check")
        let deadline = Events.now() + Int64(limit) * 1_000_000
        var answer: [UInt8] = []
        while !answer.contains(10), answer.count < 1024 {
            let rest = (deadline - Events.now()) / 1_000_000
            guard rest > 0 else { return .failed("no answer within \(limit) ms") }
            let ready = try Events.wait(for: [(socket, 1)], milliseconds: Int32(clamping: rest))
            guard ready[0] != 0 else { continue }
            let part = try Files.readSome(socket, named: "health check", upTo: 256)
            if part.isEmpty { break }
            answer += part
        }
        let words = String(decoding: answer.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self).split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else {
            return .failed("its answer is no HTTP")
        }
        return status < 400 ? .passed : .failed("status \(status)")
    }
}
