import ArgumentParser
import Cgroups
import Engine
import Launch
import StartCommands

/// `bailey inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Prints everything that is known about jails, as JSON."
    )

    @Flag(help: "Print JSON, which inspect always does.")
    var json = false

    @Argument(help: "Jails.")
    var names: [String]

    func run() throws {
        let listing = JailListing(try Installation.engine())
        Output.print(JSON.list(try names.map { Self.fields(try listing.record($0)) }).text)
    }

    private static func fields(_ record: JailRecord) -> JSON {
        let plan = record.plan
        let sets = plan.privileges.capabilities
        return .object([
            ("jail", ListCommand.fields(record)),
            (
                "identity",
                .object([
                    ("hostBase", .number(Int64(plan.identity.hostBase))),
                    ("count", .number(Int64(plan.identity.count))),
                ])
            ),
            ("root", root(plan.root)), ("hostname", .text(plan.hostname)),
            ("environment", .list(plan.process.environment.map { .text($0) })),
            ("workingDirectory", .text(plan.process.directory)),
            (
                "user",
                .object([("uid", .number(Int64(plan.privileges.uid))), ("gid", .number(Int64(plan.privileges.gid)))])
            ),
            (
                "capabilities",
                .object([
                    ("bounding", .text(String(sets.bounding, radix: 16))),
                    ("effective", .text(String(sets.effective, radix: 16))),
                ])
            ),
            ("noNewPrivileges", .truth(plan.privileges.noNewPrivileges)),
            ("filterInstructions", .number(Int64(plan.privileges.filter.count / 8))),
            ("cgroups", .list(plan.cgroups.directories.map { .text($0.path) })),
            ("steps", .list(plan.steps.map { .text("\($0)") })),
            (
                "values",
                .list(
                    record.explanation.values.map {
                        .object([("key", .text($0.keyPath)), ("value", .text($0.text)), ("origin", .text($0.origin))])
                    }
                )
            ),
            ("warnings", .list(record.explanation.warnings.map { .text($0) })),
        ])
    }

    private static func root(_ root: RootSource) -> JSON {
        switch root {
        case .directory(let path, let readOnly):
            .object([("directory", .text(path)), ("readOnly", .truth(readOnly))])
        case .overlay(let layers, let upper, _, let volatile):
            .object([
                ("layers", .list(layers.map { .text($0) })), ("upper", .text(upper)), ("volatile", .truth(volatile)),
            ])
        case .image(let layers, let image, let volatile):
            .object([
                ("layers", .list(layers.map { .text($0) })), ("image", .text(image)), ("volatile", .truth(volatile)),
            ])
        }
    }
}
