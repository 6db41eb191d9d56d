import Engine
import LinuxKernel
import Profiles

/// Reads declarations, and remembers the profiles that they extend.
public struct DeclarationReader {
    private let engine: Engine
    private let beside: [String: ProfileLibrary.Entry]

    /// A reader with the profiles of an engine.
    ///
    /// Profiles `beside` it come first, such as those in the files that are applied.
    public init(_ engine: Engine, beside: [String: ProfileLibrary.Entry] = [:]) {
        (self.engine, self.beside) = (engine, beside)
    }

    /// What was said and what it comes to.
    public struct Declared {
        /// What was said, whole: it needs no other file to be read again.
        public var declaration: Declaration
        /// What it comes to, and everything that is wrong with it.
        public var resolution: ProfileLoader.Resolution
    }

    /// Completes a declaration with the profiles it needs, as they are now, and reads it.
    public func declare(_ said: Declaration) -> Declared {
        let seen = SeenProfiles()
        let library = ProfileLibrary(
            find: { name in
                let entry = try find(name)
                if let entry { seen.add(Declaration.Profile(name: name, path: entry.path, text: entry.text)) }
                return entry
            },
            names: { engine.profileDirectories.flatMap(Self.names) }
        )
        let resolution = Self.resolve(said, ProfileLoader(library: library))
        var declaration = said
        declaration.library = seen.profiles
        return Declared(declaration: declaration, resolution: resolution)
    }

    /// Reads a kept declaration from its own texts only.
    public static func resolve(_ declaration: Declaration) -> ProfileLoader.Resolution {
        let library = ProfileLibrary(find: { name in
            declaration.library.first { $0.name == name }.map { ProfileLibrary.Entry(path: $0.path, text: $0.text) }
        })
        return resolve(declaration, ProfileLoader(library: library))
    }

    private static func resolve(_ declaration: Declaration, _ loader: ProfileLoader) -> ProfileLoader.Resolution {
        var resolution: ProfileLoader.Resolution
        if let document = declaration.document {
            // Blank lines in front keep the positions that the file has.
            let text = String(repeating: "\n", count: document.firstLine - 1) + document.text
            resolution = loader.load(file: document.path, text: text, profiles: declaration.profiles)
        } else if declaration.profiles.isEmpty {
            resolution = ProfileLoader.Resolution(spec: JailSpec(), findings: [])
        } else {
            resolution = loader.load(profiles: declaration.profiles)
        }
        for flag in declaration.flags {
            resolution.findings += resolution.spec.override(flag.keyPath, with: flag.text, flag: flag.flag)
        }
        if !declaration.command.isEmpty { resolution.findings += resolution.spec.setCommand(declaration.command) }
        return resolution
    }

    private func find(_ name: String) throws -> ProfileLibrary.Entry? {
        if let entry = beside[name] { return entry }
        for folder in engine.profileDirectories {
            let path = "\(folder)/\(name).yaml"
            guard Files.exists(path) else { continue }
            return ProfileLibrary.Entry(path: path, text: try Files.readText(path))
        }
        return nil
    }

    private static func names(_ folder: String) -> [String] {
        ((try? Files.list(folder)) ?? []).flatMap { entry -> [String] in
            if entry.hasSuffix(".yaml") { return [String(entry.dropLast(5))] }
            let inner = (try? Files.list("\(folder)/\(entry)")) ?? []
            return inner.filter { $0.hasSuffix(".yaml") }.map { "\(entry)/\($0.dropLast(5))" }
        }
    }
}

/// What a reading found, gathered while the closure of its library runs.
private final class SeenProfiles {
    private(set) var profiles: [Declaration.Profile] = []

    func add(_ profile: Declaration.Profile) {
        if !profiles.contains(where: { $0.name == profile.name }) { profiles.append(profile) }
    }
}
