import Engine
import Profiles

/// A command line of `run`, `exec` or `enter` that is plain enough to be read without the argument parser.
///
/// The parser stays the authority: whatever is not read here without doubt (help, an unknown flag, a missing value)
/// gives nil and goes through it. Tests hold both to the same result.
package enum HotLine: Equatable {
    case run(RunOptions)
    case exec(ExecOptions)

    package func perform() throws {
        switch self {
        case .run(let options): try options.perform()
        case .exec(let options): try options.perform()
        }
    }

    package static func parse(_ arguments: [String]) -> HotLine? {
        switch arguments.first {
        case "run": parseRun(arguments.dropFirst()).map(HotLine.run)
        case "exec": parseExec(arguments.dropFirst()).map(HotLine.exec)
        default: nil
        }
    }

    private static func parseRun(_ arguments: ArraySlice<String>) -> RunOptions? {
        var options = RunOptions()
        var line = FlagScanner(arguments)
        while let flag = line.nextFlag() {
            switch flag {
            case "--detach", "-d": options.detach = true
            case "--interactive", "-i": options.interactive = true
            case "--tty", "-t": options.terminal = true
            case "--rm": options.remove = true
            case "--read-only": options.readOnly = true
            case "--json": options.json = true
            case "--file", "-f":
                guard let text = line.value() else { return nil }
                options.file = text
            case "--profile":
                guard let text = line.value() else { return nil }
                options.profiles.append(text)
            default:
                guard let known = SpecFlag.named(flag), let text = line.value() else { return nil }
                options.settings.append(.init(flag: known, text: text))
            }
        }
        guard let rest = line.rest() else { return nil }
        options.command = rest
        return options
    }

    private static func parseExec(_ arguments: ArraySlice<String>) -> ExecOptions? {
        var options = ExecOptions()
        var line = FlagScanner(arguments)
        while let flag = line.nextFlag() {
            switch flag {
            case "--interactive", "-i": options.interactive = true
            case "--tty", "-t": options.terminal = true
            case "--env", "-e":
                guard let text = line.value() else { return nil }
                options.environment.append(text)
            case "--workdir", "-w":
                guard let text = line.value() else { return nil }
                options.directory = text
            case "--user", "-u":
                guard let text = line.value() else { return nil }
                options.user = text
            default: return nil
            }
        }
        guard let rest = line.rest(), rest.count >= 2, let name = rest.first else { return nil }
        options.name = name
        options.command = Array(rest.dropFirst(rest.dropFirst().first == "--" ? 2 : 1))
        return options.command.isEmpty ? nil : options
    }
}

/// Takes a command line apart flag by flag; knows `--flag=value`, `-abc` for switches, and `--`.
package struct FlagScanner {
    private var words: ArraySlice<String>
    private var attached: String?
    private var sawEnd = false

    package init(_ words: ArraySlice<String>) { self.words = words }

    private static let switches: Set<Character> = ["d", "i", "t"]

    /// The next flag; nil at the first word that is none, or after `--`.
    package mutating func nextFlag() -> String? {
        guard attached == nil, let word = words.first, word.hasPrefix("-"), word != "-" else { return nil }
        words.removeFirst()
        if word == "--" {
            sawEnd = true
            return nil
        }
        if word.hasPrefix("--") {
            guard let equals = word.firstIndex(of: "=") else { return word }
            attached = String(word[word.index(after: equals)...])
            return String(word[..<equals])
        }
        // `-it` is `-i -t`; a letter that takes a value stands alone here.
        let letters = word.dropFirst()
        if letters.count > 1 {
            guard letters.allSatisfy(Self.switches.contains) else { return word }
            for letter in letters.dropFirst().reversed() { words.insert("-\(letter)", at: words.startIndex) }
            return "-\(letters.first ?? "-")"
        }
        return word
    }

    /// The value of the flag just read.
    package mutating func value() -> String? {
        if let text = attached {
            attached = nil
            return text
        }
        guard let word = words.first, !word.hasPrefix("-") || word == "-" else { return nil }
        words.removeFirst()
        return word
    }

    /// Everything after the flags; nil when a switch was given a value.
    package func rest() -> [String]? {
        if attached != nil { return nil }
        return Array(!sawEnd && words.first == "--" ? words.dropFirst() : words)
    }
}
