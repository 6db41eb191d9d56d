import ArgumentParser
import StartCommands
import Templates

/// The names of commands, held against what somebody typed.
///
/// The parser itself only counts the words it did not expect.
enum CommandNames {
    /// Refuses a first word, or the word after one that has commands of its own, which is no command.
    static func check(_ words: [String]) throws(CommandFailure) {
        var command: any ParsableCommand.Type = Bailey.self
        var path = "bailey"
        for word in words {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
            guard let next = subcommands.first(where: { names(of: $0).contains(word) }) else {
                throw unknown(word, path, subcommands.flatMap(names))
            }
            command = next
            path += " " + word
        }
    }

    private static func names(of command: any ParsableCommand.Type) -> [String] {
        [command._commandName] + command.configuration.aliases
    }

    private static func unknown(_ word: String, _ path: String, _ known: [String]) -> CommandFailure {
        let meant = NearestName.to(word, in: known).map { "did you mean \(path) \($0)? " } ?? ""
        return CommandFailure(message: "\(path) \(word): no such command: \(meant)\(path) --help lists all", status: 64)
    }
}
