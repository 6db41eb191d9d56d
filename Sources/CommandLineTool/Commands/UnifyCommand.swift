import ArgumentParser
import Declarations
import Engine
import LinuxKernel
import StartCommands
import Storage

/// `bailey unify`.
struct UnifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unify",
        abstract: "Makes equal files of templates and jails one, on disk and where it can in the page cache.",
        discussion: """
            On btrfs and XFS equal files share their blocks, and jails may run. Elsewhere equal files become one inode, in \
            layers that no running jail stands on: what a stopped jail wrote takes part, what a running one wrote after \
            its next stop. Contents, modes, owners, times and attributes are equal, or the file stays as it is; a jail \
            that writes to a file parts from the others. Jails with unify: false in their profile take no part.
            """
    )

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let engine = try Installation.engine()
        let report = try engine.unify(excluding: Self.excluded(engine))
        let figures = report.figures
        if json {
            return Output.print(
                JSON.object([
                    ("way", .text(report.way.rawValue)), ("files", .number(Int64(figures.files))),
                    ("shared", .number(Int64(figures.shared))), ("bytes", .number(Int64(clamping: figures.bytes))),
                    ("cachedBytes", .number(Int64(clamping: figures.cached))),
                    ("passedOver", .number(Int64(figures.passedOver))),
                    (
                        "left",
                        .list(
                            report.left.map { JSON.object([("jail", .text($0.jail)), ("reason", .text($0.reason))]) }
                        )
                    ),
                ]).text
            )
        }
        let disk = Amount.bytes(figures.bytes)
        let memory = report.way == .linking ? ", \(Amount.bytes(figures.cached)) of page cache" : ""
        Output.print(
            "\(figures.files) files: \(figures.shared) became one with another, which saves \(disk) on disk\(memory)"
        )
        if figures.passedOver > 0 {
            Output.print("\(figures.passedOver) files were left as they are: in use or held apart")
        }
        for one in report.left { Output.print("\(one.jail) takes no part: \(one.reason)") }
    }

    /// Jails whose profile keeps them out; one whose profile cannot be read is kept out as well.
    private static func excluded(_ engine: Engine) -> Set<String> {
        Set(
            JailListing(engine).names().filter { name in
                do throws(EngineError) {
                    guard try engine.keptDeclaration(name) != nil else { return false }
                    return try !engine.keptSpec(name).unify.value
                } catch {
                    return true
                }
            }
        )
    }
}
