import Foundation
import Profiles
import Testing

/// Files that exist only in a test.
struct Shelf {
    var files: [String: String] = [:]

    var loader: ProfileLoader {
        let files = self.files
        return ProfileLoader(
            library: ProfileLibrary(folders: ["shelf"], names: { files.keys.sorted() }) { path in
                files[String(path.dropFirst(6).dropLast(5))]
            }
        )
    }

    /// The resolution of a jail with this `spec`, indented by two.
    func jail(_ spec: String) -> ProfileLoader.Resolution {
        loader.load(file: "jail.yaml", text: Self.head + spec)
    }

    static let head = "apiVersion: bailey/v1\nkind: Jail\nmetadata: { name: j }\nspec:\n"

    static func profile(_ spec: String) -> String { "apiVersion: bailey/v1\nkind: Profile\nspec:\n" + spec }
}

/// The text of a finding that a jail with this one line of `spec` leads to; nil for none.
func finding(_ line: String) -> String? {
    let findings = Shelf().jail("  \(line)\n").findings
    #expect(findings.count <= 1, "\(findings.map(\.description))")
    return findings.first?.description
}

/// A file of the repository.
func repositoryFile(_ path: String) throws -> String {
    try String(contentsOfFile: repository + path, encoding: .utf8)
}

let repository = String(#filePath.dropLast("Tests/ProfilesTests/Support.swift".count))

/// The shipped profiles as a library.
func shippedLibrary() -> ProfileLibrary {
    ProfileLibrary(folders: ["profiles"]) { path in
        FileManager.default.fileExists(atPath: repository + path) ? try repositoryFile(path) : nil
    }
}
