import Glibc
import LinuxKernel

/// What is to be compared.
public struct ComparisonRequest: Sendable {
    /// Names of subjects, `native` among them.
    public var subjects: [String] = []
    /// Names of workloads.
    public var workloads: [String] = Workload.all.map(\.name) + [Workload.start.name]
    /// What the order of trials is drawn with.
    public var seed: UInt64 = 1
    /// A trial's time, ms.
    public var milliseconds: UInt32 = 20
    /// The whole run's time, s; the rounds that fit are done.
    public var seconds: Int64 = 150
    /// Enough rounds, even where there is time for more.
    public var rounds = 40
    /// Starts of each subject.
    public var starts = 6
    /// The command line, for the bundle.
    public var command = ""
    /// The `bailey` program and nanobench.
    public var bailey: String
    /// The nanobench program.
    public var nanobench: String
    /// Where the run keeps its files while it lasts.
    public var folder: String
    /// What started programs see.
    public var environment: [String]

    /// A request with the quick run's times.
    public init(bailey: String, nanobench: String, folder: String, environment: [String]) {
        (self.bailey, self.nanobench, self.folder, self.environment) = (bailey, nanobench, folder, environment)
    }

    /// Subjects without a word about them, and with ablations.
    public static func subjects(ablations: Bool) -> [String] {
        SubjectCatalog.usual.flatMap { $0 == "jail" && ablations ? [$0] + SubjectCatalog.ablations : [$0] }
    }

    /// Everything that can be named.
    public static var knownSubjects: [String] { SubjectCatalog.names }
}

/// Brings all subjects up, asks one after the other, and keeps every answer.
public final class ComparisonRun {
    private let request: ComparisonRequest
    private let catalog: SubjectCatalog
    private let began = Events.now()
    private var order: SeededOrder
    private var running: [String: SubjectProcess] = [:]
    private var bundle: Bundle
    private var file: Int32 = -1
    private var place = 0
    private var starts = 0
    private let signals: Int32
    private var isStopped = false
    private let say: (String) -> Void

    /// A run whose progress goes to `say`, line by line.
    ///
    /// - Throws: ``ComparisonError`` when the folder cannot be made.
    public init(
        _ request: ComparisonRequest,
        facts: [[String]],
        say: @escaping (String) -> Void
    ) throws(ComparisonError) {
        self.request = request
        self.say = say
        order = SeededOrder(seed: request.seed)
        catalog = SubjectCatalog(
            bailey: request.bailey,
            root: request.folder + "/root",
            tag: "compare-\(Processes.current)"
        )
        var header = Bundle.Header()
        (header.command, header.seed, header.milliseconds) = (request.command, request.seed, request.milliseconds)
        (header.workloads, header.facts) = (request.workloads, facts)
        bundle = Bundle(header: header, samples: [], isComplete: false)
        do throws(SyscallError) {
            signals = try Events.takeSignals().release()
            try Self.lay(request)
        } catch {
            throw ComparisonError("preparing the comparison: \(error)")
        }
    }

    /// The root that all subjects share.
    private static func lay(_ request: ComparisonRequest) throws(SyscallError) {
        let root = request.folder + "/root"
        for name in ["", "/tmp", "/dev", "/proc", "/sys", "/etc", "/run", "/var", "/bin"] {
            try Files.makeDirectories(root + name)
        }
        try Files.replace(root + "/nanobench", with: try Files.readBytes(request.nanobench), mode: 0o755)
        try Files.replace(root + "/etc/passwd", with: Array("root:x:0:0:root:/:/bin/sh\n".utf8), mode: 0o644)
        try Files.makeDirectories(request.folder + "/bundle")
        let text = SubjectCatalog.bundle(root: root)
        try Files.replace(request.folder + "/bundle/config.json", with: Array(text.utf8), mode: 0o644)
    }

    /// Does it all.
    ///
    /// - Parameter path: Where samples are written as they come; nil keeps them in memory only.
    /// - Returns: What was found; not complete when it was interrupted.
    /// - Throws: ``ComparisonError`` when nothing could be begun.
    public func run(writing path: String?) throws(ComparisonError) -> Bundle {
        defer { finish() }
        bringUp()
        do throws(SyscallError) {
            if let path { file = try Files.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, mode: 0o644).release() }
        } catch {
            throw ComparisonError("writing the bundle: \(error): name a file that can be written")
        }
        write(Bundle.line(bundle.header))
        guard running[Analysis.base] != nil else {
            throw ComparisonError(
                "comparing: the native subject did not come up: \(bundle.header.subjects[0].reason ?? "")"
            )
        }
        if request.workloads.contains(Workload.start.name) { measureStarts() }
        measureRounds()
        bundle.isComplete = !isStopped
        if bundle.isComplete { write(Bundle.lastLine) }
        return bundle
    }

    private func finish() {
        for process in running.values {
            process.go()
            process.end()
        }
        running = [:]
        if file >= 0 { _ = OwnedDescriptor(owning: file) }
        file = -1
        try? Files.removeTree(request.folder)
    }

    private func write(_ line: String) {
        if file >= 0 { try? Files.write(file, Array(line.utf8), named: "bundle") }
    }

    private var elapsed: Int64 { (Events.now() - began) / 1_000_000_000 }

    private func stop() -> Bool {
        let ends: [Int32] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
        if let ready = try? Events.wait(for: [(signals, Int16(POLLIN))], milliseconds: 0), ready[0] != 0,
            Events.readSignals(signals).contains(where: { ends.contains($0.number) })
        {
            isStopped = true
        }
        return isStopped
    }

    private static func find(_ name: String) -> String? {
        ["/usr/local/bin/", "/usr/bin/", "/usr/sbin/", "/bin/"].map { $0 + name }.first { Files.exists($0) }
    }

    private func bringUp() {
        for name in request.subjects where !stop() {
            let subject = catalog.subject(name, find: Self.find)
            var reason = subject.reason
            if reason == nil {
                say("starting \(subject.title)")
                do throws(SyscallError) {
                    let process = try SubjectProcess(subject, folder: request.folder, environment: request.environment)
                    reason = process.awaitReady(stop)
                    if reason == nil {
                        process.still()
                        running[name] = process
                    } else {
                        process.end()
                    }
                } catch {
                    reason = "\(error)"
                }
            }
            bundle.header.subjects.append(Bundle.Subject(name: name, title: subject.title, reason: reason))
        }
    }

    // MARK: trials

    private func record(_ sample: Sample) {
        var sample = sample
        sample.place = place
        place += 1
        bundle.samples.append(sample)
        write(Bundle.line(sample))
    }

    /// Starts beside the subjects that are up, each ended before the next begins.
    private func measureStarts() {
        for round in 0..<request.starts {
            var names = request.subjects.filter { running[$0] != nil && $0 != "shim" }
            names.shuffle(using: &order)
            say("start \(round + 1) of \(request.starts) of each")
            // Half of the time is the rounds'.
            for name in names where !stop() && elapsed < request.seconds / 2 { record(start(name, round)) }
        }
    }

    private func start(_ name: String, _ round: Int) -> Sample {
        starts += 1
        var sample = Sample()
        (sample.round, sample.workload, sample.subject) = (round, Workload.start.name, name)
        let subject = catalog.instance(name, starts, find: Self.find)
        let before = HostMeter.read()
        let began = Events.now()
        do throws(SyscallError) {
            let process = try SubjectProcess(subject, folder: request.folder, environment: request.environment)
            sample.failure = process.awaitReady(stop) ?? ""
            sample.nanoseconds = UInt64(Events.now() - began)
            (sample.hostSpan, sample.operations, sample.checksum) = (sample.nanoseconds, 1, "ready")
            sample.take(before, HostMeter.read())
            process.end()
        } catch {
            sample.failure = "\(error)"
        }
        return sample
    }

    /// Each round asks every subject for every workload, in an order of its own.
    private func measureRounds() {
        let workloads = request.workloads.filter { $0 != Workload.start.name }
        var slowest: Int64 = 0
        for round in 0..<request.rounds {
            let began = elapsed
            // A round that would not end in time is not begun: half a round compares nothing.
            if stop() || began + slowest >= request.seconds || workloads.isEmpty { return }
            say("round \(round + 1): \(max(0, request.seconds - began)) s left")
            var trials = workloads.flatMap { workload in running.keys.sorted().map { (workload, $0) } }
            trials.shuffle(using: &order)
            // One subject's trials are kept together where it must be woken up for them.
            for (workload, name) in grouped(trials) where !stop() { ask(name, workload, round) }
            stillAll()
            slowest = max(slowest, elapsed - began)
        }
    }

    private var awake: String?

    /// Subjects that are paused are woken once a round; between them and the others the order stays drawn.
    private func grouped(_ trials: [(String, String)]) -> [(String, String)] {
        var result: [(String, String)] = []
        var done: Set<String> = []
        for (workload, name) in trials {
            if running[name]?.subject.pause.isEmpty == true {
                result.append((workload, name))
            } else if done.insert(name).inserted {
                result += trials.filter { $0.1 == name }
            }
        }
        return result
    }

    private func wake(_ name: String) {
        if awake == name { return }
        stillAll()
        guard let process = running[name], !process.subject.pause.isEmpty else { return }
        process.go()
        awake = name
    }

    private func stillAll() {
        if let awake { running[awake]?.still() }
        awake = nil
    }

    private func ask(_ name: String, _ workload: String, _ round: Int) {
        guard let process = running[name] else { return }
        wake(name)
        var sample = Sample()
        (sample.round, sample.workload, sample.subject) = (round, workload, name)
        let before = HostMeter.read()
        let began = Events.now()
        let answer = process.ask(workload, milliseconds: request.milliseconds, stop)
        sample.hostSpan = UInt64(Events.now() - began)
        sample.take(before, HostMeter.read())
        if let answer {
            sample.take(answer)
        } else {
            if isStopped { return }
            sample.failure = "no answer in time: the subject was ended"
            process.go()
            process.end()
            running[name] = nil
            if awake == name { awake = nil }
        }
        record(sample)
    }
}

extension Sample {
    /// What the host spent between two looks.
    fileprivate mutating func take(_ before: HostMeter, _ after: HostMeter) {
        hostNanoseconds = after.busy &- before.busy
        stolen = after.stolen &- before.stolen
        pressure = after.pressure &- before.pressure
    }

    /// nanobench's answer: `ok NAME OPERATIONS NANOSECONDS CPU CHECKSUM` or `no NAME REASON`.
    fileprivate mutating func take(_ answer: [String]) {
        if answer.count == 6, answer[0] == "ok", answer[1] == workload, let count = UInt64(answer[2]), count > 0,
            let time = UInt64(answer[3]), time > 0
        {
            (operations, nanoseconds, checksum) = (count, time, answer[5])
        } else {
            failure = answer.first == "no" ? answer.dropFirst(2).joined(separator: " ") : "an answer that is none"
            if failure.isEmpty { failure = "it could not be done" }
        }
    }
}
