import Foundation
import Testing

/// The escape probe of `Tests/Probes`, built once for this run of the tests.
enum Probe {
    /// The folder the probe was built in, or what the compiler said.
    static let build: Result<String, BuildFailure> = {
        let folder = Place.package.appendingPathComponent(".build/escape-probe").path
        let process = Process()
        process.executableURL = Place.package.appendingPathComponent("Tests/Probes/build")
        process.arguments = [folder]
        do { try process.run() } catch { return .failure(BuildFailure(reason: "\(error)")) }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return .failure(BuildFailure(reason: "the compiler failed")) }
        return .success(folder)
    }()

    struct BuildFailure: Error {
        let reason: String
    }

    static var program: String { ((try? build.get()) ?? "/nowhere") + "/probe" }

    /// The names of all probes but the one that ends the guest; empty when it could not be built.
    static let names: [String] = {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["list"]
        process.standardOutput = pipe
        do { try process.run() } catch { return [] }
        let list = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        return String(decoding: list, as: UTF8.self).split(separator: "\n").map(String.init).filter { $0 != "reboot" }
    }()
}

/// What a probe said: the one line, and the exit status that must agree with it.
enum Verdict: Equatable {
    case blocked(String)
    case escaped(String)
    case unavailable(String)

    /// Reads the verdict out of a finished run; nil when there is not exactly one line of the right form.
    init?(_ finished: Finished) {
        let lines = finished.output.split(whereSeparator: \.isNewline).map(String.init)
        guard lines.count == 1 else { return nil }
        switch (finished.status, lines[0]) {
        case (0, let line) where line.hasPrefix("blocked: "): self = .blocked(line)
        case (1, let line) where line.hasPrefix("ESCAPED: "): self = .escaped(line)
        case (2, let line) where line.hasPrefix("unavailable: "): self = .unavailable(line)
        default: return nil
        }
    }

    var isEscape: Bool { if case .escaped = self { true } else { false } }
}

/// A process on the host that holds what the probes reach for, and the facts that tell them of it.
///
/// It ends when its input does: with ``end()``, or with the tests.
final class HostSide {
    let facts: [String]
    /// A word that stands in the canary file, and nowhere else.
    let secret = "secret-" + UUID().uuidString
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(folder: String) throws {
        let canary = folder + "/canary"
        try secret.write(toFile: canary, atomically: true, encoding: .utf8)
        process.executableURL = URL(fileURLWithPath: Probe.program)
        process.arguments = ["host", canary, secret, "marker-" + UUID().uuidString]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n"), let more = try output.fileHandleForReading.read(upToCount: 1) {
            line += more
        }
        facts = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
        try #require(facts.count > 10, "the host's side did not say what it holds")
    }

    /// Whether it still runs: a probe that reached it could have killed it.
    var isAlive: Bool { process.isRunning }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
