import ArgumentParser
import Comparison
import Glibc
import LinuxKernel
import StartCommands

/// `bailey compare`.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Measures what each way of running a guest costs on this machine.",
        discussion: """
            All subjects are started, and one after the other does the same work in rounds of a random order. Costs are \
            compared within a round, with exact intervals; how far two equal native subjects are apart is the noise, and \
            no smaller difference is believed. A subject that cannot run is listed with the reason.
            """,
        subcommands: [Run.self, ReportCommand.self, Difference.self],
        defaultSubcommand: Run.self
    )

    /// Files that a report can be written to.
    struct Outputs: ParsableArguments {
        @Option(name: .customLong("html"), help: ArgumentHelp("Write one page with plots.", valueName: "FILE"))
        var page: String?

        @Option(
            name: .customLong("markdown"),
            help: ArgumentHelp("Write a table for documentation.", valueName: "FILE")
        )
        var markdown: String?

        @Option(name: .customLong("csv"), help: ArgumentHelp("Write numbers, one line a row.", valueName: "FILE"))
        var csv: String?

        func write(_ report: Comparison.Report) throws {
            for (path, text) in [(page, report.html), (markdown, report.markdown), (csv, report.csv)] {
                guard let path else { continue }
                do throws(SyscallError) { try Files.replace(path, with: Array(text.utf8), mode: 0o644) } catch {
                    throw CommandFailure(
                        message: "writing the report: \(error): name a file that can be written",
                        status: 1
                    )
                }
            }
        }
    }

    static func bundle(_ path: String) throws -> Bundle {
        do {
            return try Bundle(reading: Files.readBytes(path, limit: 1 << 28), named: path)
        } catch let error as SyscallError {
            throw CommandFailure(message: "reading the bundle: \(error): name a file that --json wrote", status: 1)
        }
    }

    /// `bailey compare [flags]`.
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract: "Measures; this is what compare does."
        )

        @Flag(help: "About two and a half minutes (the default).")
        var quick = false

        @Flag(help: "Up to half an hour: longer trials, more rounds.")
        var full = false

        @Flag(help: "Jails with one wall taken away as well: what each costs.")
        var ablate = false

        @Option(
            name: .customLong("subject"),
            help: ArgumentHelp(
                "Only these, with a comma between: \(ComparisonRequest.knownSubjects.joined(separator: ", ")).",
                valueName: "NAMES"
            )
        )
        var subjects: String?

        @Option(
            name: .customLong("workload"),
            help: ArgumentHelp(
                "Only these, with a comma between: start, \(Workload.all.map(\.name).joined(separator: ", ")).",
                valueName: "NAMES"
            )
        )
        var workloads: String?

        @Option(help: ArgumentHelp("At most so long.", valueName: "S"))
        var seconds: Int64?

        @Option(help: ArgumentHelp("Draws the order of trials.", valueName: "N"))
        var seed: UInt64?

        @Option(
            name: .customLong("json"),
            help: ArgumentHelp("Keep every sample, for report and diff.", valueName: "FILE")
        )
        var json: String?

        @OptionGroup var outputs: Outputs

        func run() throws {
            if quick && full { throw CommandFailure(message: "--quick and --full: choose one", status: 64) }
            let engine = try Installation.engine()
            guard Processes.effectiveUser == 0 else {
                throw CommandFailure(message: "comparing: jails need root: run bailey as root, or with sudo", status: 1)
            }
            try engine.layout.prepare()
            let folders = engine.layout.library + "/compare"
            Self.removeAbandoned(folders)
            var request = ComparisonRequest(
                bailey: Installation.ownProgram,
                nanobench: Installation.nanobench,
                folder: "\(folders)/\(Processes.current)",
                environment: Self.environment(engine.layout.root)
            )
            try fill(&request)
            let run = try ComparisonRun(request, facts: FairnessSheet.facts()) { Output.error("compare: \($0)") }
            let bundle = try run.run(writing: json)
            let report = Comparison.Report(bundle)
            Output.print(report.table)
            try outputs.write(report)
            if !bundle.isComplete { throw CommandFailure(message: "comparing: it was interrupted", status: 130) }
        }

        private func fill(_ request: inout ComparisonRequest) throws {
            let always = ["native", "native'"]
            let named = try Self.list(subjects, known: ComparisonRequest.knownSubjects, "--subject")
            let chosen = named ?? ComparisonRequest.subjects(ablations: ablate)
            // Without both there is nothing to compare with, and no noise to tell a difference from.
            request.subjects = always + chosen.filter { !always.contains($0) }
            let all = [Workload.start.name] + Workload.all.map(\.name)
            request.workloads = try Self.list(workloads, known: all, "--workload") ?? all
            if full { (request.milliseconds, request.seconds, request.rounds, request.starts) = (100, 1500, 60, 20) }
            if let seconds { request.seconds = max(5, min(seconds, 7200)) }
            request.seed = seed ?? UInt64(truncatingIfNeeded: Events.now(CLOCK_REALTIME))
            request.command = CommandLine.arguments.dropFirst().reduce("bailey") { $0 + " " + $1 }
        }

        private static func list(_ text: String?, known: [String], _ flag: String) throws -> [String]? {
            guard let text else { return nil }
            let names = text.split(separator: ",").map(String.init)
            if let unknown = names.first(where: { !known.contains($0) }) {
                let message = "\(flag): \(unknown) is not known: choose from \(known.joined(separator: ", "))"
                throw CommandFailure(message: message, status: 64)
            }
            return names
        }

        private static func environment(_ root: String?) -> [String] {
            ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"]
                + (root.map { ["BAILEY_ROOT=\($0)"] } ?? [])
        }

        /// A run that was killed could not remove its folder.
        private static func removeAbandoned(_ folders: String) {
            for name in (try? Files.list(folders)) ?? [] {
                guard let pid = ProcessID(name), !Files.exists("/proc/\(pid)") else { continue }
                try? Files.removeTree("\(folders)/\(name)")
            }
        }
    }

    /// `bailey compare report`.
    struct ReportCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "report",
            abstract: "Makes reports from samples that were kept; the same file gives the same bytes."
        )

        @Argument(help: "A file that compare --json wrote, whole or as far as it came.")
        var file: String

        @OptionGroup var outputs: Outputs

        func run() throws {
            let report = Comparison.Report(try CompareCommand.bundle(file))
            Output.print(report.table)
            try outputs.write(report)
        }
    }

    /// `bailey compare diff`.
    struct Difference: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff",
            abstract: "Says what has changed between two files of samples."
        )

        @Argument(help: "The first.")
        var before: String

        @Argument(help: "The second.")
        var after: String

        func run() throws {
            let difference = BundleDifference(try CompareCommand.bundle(before), try CompareCommand.bundle(after))
            Output.print(difference.table)
        }
    }
}
