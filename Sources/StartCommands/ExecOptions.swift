import Engine
import LinuxKernel
import Profiles

/// `bailey exec`, as values.
package struct ExecOptions: Equatable, Sendable {
    package var name = ""
    package var command: [String] = []
    package var environment: [String] = []
    package var directory: String?
    package var user: String?
    package var interactive = false
    package var terminal = false

    package init() {}

    /// Becomes the command; returns only by throwing.
    package func perform() throws {
        do {
            let engine = try Installation.engine()
            if Processes.effectiveUser != 0, let client = EntryClient(engine) {
                Processes.exit(try client.run(name, message))
            }
            var request = EntryRequest(command: command)
            if request.command.isEmpty { request.command = try engine.shell(of: name) }
            (request.environment, request.directory) = (try environment.map(checked), directory)
            (request.terminal, request.interactive) = (terminal, interactive)
            request.user = try user.map { (text) throws(ValueProblem) in try UserSpec(parsing: text) }
            try engine.enter(name, request)
        } catch let problem as ValueProblem {
            throw CommandFailure(message: "--user: \(problem.message)", status: 125)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(message: "\(error)", status: 125)
        }
    }

    private var message: EntryMessage.Command {
        get throws {
            var message = EntryMessage.Command()
            (message.arguments, message.environment) = (command, try environment.map(checked))
            (message.directory, message.user) = (directory, user)
            (message.terminal, message.interactive) = (terminal, interactive)
            return message
        }
    }

    private func checked(_ entry: String) throws -> String {
        guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else {
            throw CommandFailure(message: "--env: \(entry): NAME=VALUE is expected", status: 125)
        }
        return entry
    }
}
