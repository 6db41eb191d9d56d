import Glibc
import JSONText
import LinuxKernel

/// One trial: a subject did one kind of work for a while.
public struct Sample: Equatable, Sendable {
    /// The round, from 0; trials of one round are compared with each other.
    public var round = 0
    /// The place in the whole order of trials.
    public var place = 0
    /// The workload's name.
    public var workload = ""
    /// The subject's name.
    public var subject = ""
    /// Operations done.
    public var operations: UInt64 = 0
    /// By the subject's own clock.
    public var nanoseconds: UInt64 = 0
    /// From request to answer, by the host's clock.
    public var hostSpan: UInt64 = 0
    /// Processor time of the whole host meanwhile.
    public var hostNanoseconds: UInt64 = 0
    /// Processor time that the host's own host kept, ns.
    public var stolen: UInt64 = 0
    /// Time that something on the host waited for a processor, µs (PSI).
    public var pressure: UInt64 = 0
    /// What came out of a block of work.
    public var checksum = ""
    /// Why there is no result; empty for one that counts.
    public var failure = ""

    /// An empty trial.
    public init() {}

    /// Whether it counts.
    public var succeeded: Bool { failure.isEmpty && operations > 0 }
    /// Nanoseconds an operation.
    public var cost: Double? { succeeded ? Double(nanoseconds) / Double(operations) : nil }

    /// The subject says that much more or less time has passed than did: a tenth, beyond what starting and asking take.
    var clockIsOff: Bool {
        guard nanoseconds > 5_000_000, hostSpan > 0 else { return false }
        return Double(nanoseconds) > Double(hostSpan) * 1.1
    }
}

/// All that is known about a comparison: what was asked, where it ran, every sample in its order.
public struct Bundle: Equatable, Sendable {
    /// A subject, and why it did not run.
    public struct Subject: Equatable, Sendable {
        /// As flags call it.
        public var name: String
        /// What it is.
        public var title: String
        /// Why it did not run; nil when it did.
        public var reason: String?

        /// A subject.
        public init(name: String, title: String, reason: String? = nil) {
            (self.name, self.title, self.reason) = (name, title, reason)
        }
    }

    /// What stands before the samples.
    public struct Header: Equatable, Sendable {
        /// The command line.
        public var command = ""
        /// What the order was drawn with.
        public var seed: UInt64 = 0
        /// A trial's time, ms.
        public var milliseconds: UInt32 = 0
        /// Their names, in the order of reports.
        public var workloads: [String] = []
        /// All that were asked for.
        public var subjects: [Subject] = []
        /// The fairness sheet: names and values.
        public var facts: [[String]] = []

        /// An empty header.
        public init() {}
    }

    /// What stands before the samples.
    public var header: Header
    /// Every trial, in its order.
    public var samples: [Sample]
    /// The run came to its end.
    public var isComplete: Bool

    /// A bundle from its parts.
    public init(header: Header, samples: [Sample], isComplete: Bool) {
        (self.header, self.samples, self.isComplete) = (header, samples, isComplete)
    }
}

/// The form on disk: JSON lines, a header, one line a sample, a last one.
///
/// A run that was killed has no last line and perhaps half a one before: what is whole counts.
extension Bundle {
    static let format: Int64 = 1

    /// The header's line.
    static func line(_ header: Header) -> String {
        JSONValue.object([
            ("bailey-comparison", .int(format)), ("command", .string(header.command)), ("seed", .unsigned(header.seed)),
            ("milliseconds", .int(Int64(header.milliseconds))), ("workloads", .strings(header.workloads)),
            (
                "subjects",
                .array(
                    header.subjects.map {
                        .object([
                            ("name", .string($0.name)), ("title", .string($0.title)),
                            ("reason", $0.reason.map { .string($0) } ?? .null),
                        ])
                    }
                )
            ),
            ("facts", .array(header.facts.map { .strings($0) })),
        ]).text() + "\n"
    }

    /// A sample's line.
    static func line(_ sample: Sample) -> String {
        JSONValue.object([
            ("round", .int(Int64(sample.round))), ("place", .int(Int64(sample.place))),
            ("workload", .string(sample.workload)), ("subject", .string(sample.subject)),
            ("operations", .unsigned(sample.operations)), ("nanoseconds", .unsigned(sample.nanoseconds)),
            ("hostSpan", .unsigned(sample.hostSpan)), ("hostNanoseconds", .unsigned(sample.hostNanoseconds)),
            ("stolen", .unsigned(sample.stolen)), ("pressure", .unsigned(sample.pressure)),
            ("checksum", .string(sample.checksum)), ("failure", .string(sample.failure)),
        ]).text() + "\n"
    }

    static let lastLine = "{\"end\":true}\n"

    /// The whole bundle as text.
    public var text: String {
        Self.line(header) + samples.map(Self.line).joined() + (isComplete ? Self.lastLine : "")
    }

    /// Reads a bundle; whoever wrote it.
    ///
    /// - Throws: ``ComparisonError`` for what is no bundle.
    public init(reading text: [UInt8], named name: String) throws(ComparisonError) {
        var lines = text.split(separator: 10, omittingEmptySubsequences: true).map(Array.init)
        guard !lines.isEmpty else {
            throw ComparisonError("reading \(name): it is empty: name a file that --json wrote")
        }
        let first = lines.removeFirst()
        do throws(JSONError) {
            self.init(header: try Self.header(first), samples: [], isComplete: false)
        } catch {
            throw ComparisonError("reading \(name): line 1: \(error): name a file that bailey compare --json wrote")
        }
        for (index, line) in lines.enumerated() {
            do throws(JSONError) {
                let node = try JSONDocument(line).root
                if try node.member("end") != nil { isComplete = true } else { samples.append(try Self.sample(node)) }
            } catch {
                // The last line of a run that was killed may be half a line; any other is damage.
                if index == lines.count - 1 { break }
                throw ComparisonError("reading \(name): line \(index + 2): \(error)")
            }
        }
    }

    private static func header(_ line: [UInt8]) throws(JSONError) -> Header {
        let node = try JSONDocument(line).root
        let version = try node.required("bailey-comparison").integer(Int64.self)
        guard version == format else { throw JSONError("bailey-comparison", "version \(version) is not known") }
        var header = Header()
        header.command = try node.required("command").string()
        header.seed = try node.required("seed").integer()
        header.milliseconds = try node.required("milliseconds").integer()
        header.workloads = try texts(node.required("workloads"))
        for one in try node.required("subjects").elements() {
            var subject = Subject(name: try one.required("name").string(), title: try one.required("title").string())
            if let reason = try one.member("reason") { subject.reason = try reason.string() }
            header.subjects.append(subject)
        }
        for one in try node.required("facts").elements() { header.facts.append(try texts(one)) }
        return header
    }

    private static func texts(_ node: JSONNode) throws(JSONError) -> [String] {
        var texts: [String] = []
        for one in try node.elements() { texts.append(try one.string()) }
        return texts
    }

    private static func sample(_ node: JSONNode) throws(JSONError) -> Sample {
        var sample = Sample()
        sample.round = try node.required("round").integer()
        sample.place = try node.required("place").integer()
        sample.workload = try node.required("workload").string()
        sample.subject = try node.required("subject").string()
        sample.operations = try node.required("operations").integer()
        sample.nanoseconds = try node.required("nanoseconds").integer()
        sample.hostSpan = try node.required("hostSpan").integer()
        sample.hostNanoseconds = try node.required("hostNanoseconds").integer()
        sample.stolen = try node.required("stolen").integer()
        sample.pressure = try node.required("pressure").integer()
        sample.checksum = try node.required("checksum").string()
        sample.failure = try node.required("failure").string()
        return sample
    }
}

/// Why a comparison cannot be made: what was attempted: why: what to do.
public struct ComparisonError: Error, Equatable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// An error that says this.
    public init(_ description: String) { self.description = description }
}
