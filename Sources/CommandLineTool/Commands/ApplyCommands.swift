import ArgumentParser
import ControlAPI
import Declarations
import Engine
import Profiles
import StartCommands

/// Files to compare with what is there.
struct ApplyOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "A file, or a directory with files that end in .yaml or .yml; may be repeated.")
    var file: [String]

    @Flag(help: "Take away jails and tenants that files declared once and name no more.")
    var prune = false

    @Flag(help: "Print as JSON.")
    var json = false

    /// What the files declare and what is to be done; findings are printed, and errors end here.
    func read(_ engine: Engine) throws -> (DeclaredSet, ApplyPlan) {
        let declared = try DeclaredSet.read(file, engine)
        for finding in declared.findings { Output.error(finding.description) }
        if declared.findings.hasErrors {
            throw CommandFailure(message: "nothing was changed: mend the files first", status: 1)
        }
        return (declared, try ApplyPlan(declared, engine, prune: prune))
    }
}

/// `bailey plan`.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what bailey apply would change, and changes nothing.",
        discussion: """
            + makes, ~ changes, ! starts anew, - takes away. The exit status is 0 when files and jails agree, 2 when they do \
            not.
            """
    )

    @OptionGroup var options: ApplyOptions

    func run() throws {
        let engine = try Installation.engine()
        let (declared, plan) = try options.read(engine)
        if options.json {
            Output.print(JSON.list(plan.changes.map(\.json)).text)
        } else {
            for step in plan.changes { Output.print(step.text) }
            if plan.changes.isEmpty { Output.print("nothing would change") }
        }
        for step in plan.changes { Self.check(step, declared, engine).forEach(Output.error) }
        try admission(plan, declared, engine)
        if !plan.changes.isEmpty { throw CommandFailure(message: "", status: 2) }
    }

    /// What apply would fail with on this host.
    private static func check(_ step: ApplyPlan.Step, _ declared: DeclaredSet, _ engine: Engine) -> [String] {
        if step.kind == "tenant" {
            guard let tenant = declared.tenants[step.name] else { return [] }
            do { try engine.check(tenant.spec) } catch { return ["\(error)"] }
            return []
        }
        guard let jail = declared.jails[step.name] else { return [] }
        return engine.check(jail.spec).filter { $0.severity == .error }.map(\.description)
    }

    /// With a supervisor, what it would refuse is said, too.
    private func admission(_ plan: ApplyPlan, _ declared: DeclaredSet, _ engine: Engine) throws {
        guard let control = Control(engine) else { return }
        for step in plan.changes where step.change != .remove {
            guard let declaration = declared.declaration(of: step) else { continue }
            let body = JailDeclaration(declaration: declaration.text, dryRun: true)
            do { _ = try control.declare(step.kind, step.name, body) } catch let problem as Problem
                where problem.kind == "refused"
            {
                Output.error(problem.error)
            }
        }
    }
}

/// `bailey apply`.
struct ApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Makes tenants and jails what files declare.",
        discussion: """
            New jails are made and started; limits change while a jail runs; what cannot is started anew, with its files, and \
            said. Applying twice changes nothing. Without a supervisor nothing is weighed against the capacity of the host.
            """
    )

    @OptionGroup var options: ApplyOptions

    @Flag(help: "Make new jails without starting them.")
    var noStart = false

    @Flag(help: "Only say what would be done.")
    var dryRun = false

    func run() throws {
        let engine = try Installation.engine()
        let (declared, plan) = try options.read(engine)
        if dryRun {
            for step in plan.changes { Output.print(options.json ? step.json.text : step.text) }
            return
        }
        let control = Control(engine)
        var failures: [String] = []
        var done: [JSON] = []
        for step in plan.changes {
            do {
                for warning in try carryOut(step, declared, engine, control) { Output.error(warning) }
                if options.json { done.append(step.json) } else { Output.print(step.text) }
            } catch {
                failures.append("\(step.kind) \(step.name): \(error)")
            }
        }
        if options.json { Output.print(JSON.list(done).text) }
        if plan.changes.isEmpty, !options.json { Output.print("nothing to change") }
        if !failures.isEmpty { throw CommandFailure(message: failures.joined(separator: "\n"), status: 1) }
    }

    private func carryOut(
        _ step: ApplyPlan.Step,
        _ declared: DeclaredSet,
        _ engine: Engine,
        _ control: Control?
    ) throws -> [String] {
        guard let control else {
            let warnings = try Applying(declared, engine).carryOut(step)
            if step.kind == "jail", step.change == .create, !noStart {
                try engine.startDetached(engine.prepareKept(step.name))
            }
            return warnings
        }
        if step.change == .remove {
            if step.kind == "jail" {
                try control.remove(step.name, force: true)
            } else {
                try control.client.send("DELETE", "/v1/tenants/\(ControlClient.word(step.name))")
            }
            return []
        }
        guard let declaration = declared.declaration(of: step) else { return [] }
        let starts = step.kind == "jail" && step.change == .create && !noStart
        let body = JailDeclaration(declaration: declaration.text, start: starts)
        return try control.declare(step.kind, step.name, body).warnings
    }
}

extension DeclaredSet {
    fileprivate func declaration(of step: ApplyPlan.Step) -> Declaration? {
        step.kind == "tenant" ? tenants[step.name]?.declaration : jails[step.name]?.declaration
    }
}

extension Declaration {
    /// The kept form as text, for the supervisor.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension ApplyPlan.Step {
    fileprivate var text: String {
        let mark =
            switch change {
            case .create: "+"
            case .update: "~"
            case .recreate: "!"
            case .remove: "-"
            case .unchanged: " "
            }
        let words =
            switch change {
            case .recreate: "is started anew, with its files"
            case .create: "is made"
            case .update: "changes"
            case .remove: "is taken away"
            case .unchanged: "is as declared"
            }
        return (["\(mark) \(kind) \(name) \(words)"] + differences.map { "    \($0)" }).joined(separator: "\n")
    }

    fileprivate var json: JSON {
        .object([
            ("kind", .text(kind)), ("name", .text(name)), ("change", .text(change.rawValue)),
            ("differences", .list(differences.map { .text($0) })),
        ])
    }
}
