import LinuxKernel

/// Why a template could not be read, built, stored or moved.
///
/// Nothing half-made stays in the store.
public enum TemplateError: Error, Equatable, Sendable {
    /// The template file is wrong; all findings, in the order of the file.
    case invalid([TemplateFinding])
    /// No template of this name; perhaps one nearly so called.
    case unknown(name: String, suggestion: String?)
    /// A name that cannot be a template's.
    case badName(String)
    /// Templates built from each other in a circle, first to last.
    case circle([String])
    /// The caller gave an argument that the template does not have.
    case unknownArgument(name: String, template: String, suggestion: String?)
    /// A system call failed.
    case system(doing: String, SyscallError)
    /// A program of the host failed; `output` is the end of what it said.
    case command(doing: String, status: Int32, output: [String])
    /// A command inside the jail failed, with its exit status and the end of what it said.
    case step(template: String, description: String, status: Int32, output: [String])
    /// The jail for a step could not be made.
    case runner(description: String, reason: String)
    /// A step asks for something this rootfs does not have.
    case unsuitable(step: String, reason: String)
    /// An archive entry that must not be unpacked. `entry` counts from 1.
    case archive(entry: Int, name: String, reason: String)
    /// A file's content is not the one that was promised.
    case digestMismatch(file: String, expected: String, found: String)
    /// A stored file that does not read as what it should be.
    case damaged(file: String, reason: String)
    /// Somebody uses the template.
    case inUse(name: String, by: String)
}

extension TemplateError: CustomStringConvertible {
    /// One line, lower case: what was attempted: why: what to do about it.
    ///
    /// ``invalid(_:)`` has a line for each finding.
    public var description: String {
        switch self {
        case .invalid(let findings): findings.map(\.description).joined(separator: "\n")
        case .unknown(let name, let near): "template \"\(name)\": there is none\(Self.hint(near, "bailey template ls"))"
        case .badName(let name):
            "template name \"\(name)\": use 1 to 63 of a-z, 0-9, '.', '_' and '-', first a letter or digit"
        case .circle(let names): "template \(names[0]): built from itself: \(names.joined(separator: " from "))"
        case .unknownArgument(let name, let template, let near):
            "argument \"\(name)\": template \(template) has none of that name\(Self.hint(near, "its template.yaml"))"
        case .system(let doing, let error): "\(doing): \(error)"
        case .command(let doing, let status, let output): "\(doing): exit status \(status)\(Self.tail(output))"
        case .step(let template, let description, let status, let output):
            "template \(template): step \(description): exit status \(status)\(Self.tail(output))"
        case .runner(let description, let reason): "step \(description): no jail for it: \(reason)"
        case .unsuitable(let step, let reason): "step \(step): \(reason)"
        case .archive(let entry, let name, let reason): "archive entry \(entry), \"\(name)\": refused: \(reason)"
        case .digestMismatch(let file, let expected, let found):
            "\(file): its SHA-256 is \(found), not \(expected): fetch it again, or correct the template"
        case .damaged(let file, let reason): "\(file): damaged: \(reason): build the template again"
        case .inUse(let name, let user): "template \(name): in use by \(user): remove that first"
        }
    }

    private static func hint(_ near: String?, _ source: String) -> String {
        near.map { ": did you mean \"\($0)\"?" } ?? ": see \(source)"
    }

    private static func tail(_ output: [String]) -> String {
        output.isEmpty ? "" : ": " + output.suffix(5).joined(separator: " | ")
    }
}

/// Does `body` and says what it was for when a system call in it fails.
func attempting<Value: ~Copyable>(
    _ doing: @autoclosure () -> String,
    _ body: () throws(SyscallError) -> Value
) throws(TemplateError) -> Value {
    do {
        return try body()
    } catch {
        throw .system(doing: doing(), error)
    }
}
