import Engine
import Glibc
import LinuxKernel
import Storage

/// Where this program was installed, and with what.
package enum Installation {
    /// The engine over `BAILEY_ROOT`, or over the system's places.
    package static func engine() throws -> Engine {
        let root = try root()
        let layout = StateLayout(root: root)
        let folder = programFolder()
        return Engine(
            layout: layout,
            searchPath: [layout.configuration] + shared(folder),
            initProgram: companion("bailey-init", of: folder)
        )
    }

    /// The program with all commands, for lines that are not read here.
    package static var allCommands: String { companion("bailey-commands", of: programFolder()) }

    /// The `bailey` program itself.
    package static var ownProgram: String { programFolder() + "/bailey" }

    /// What `bailey compare` runs in every subject.
    package static var nanobench: String { companion("nanobench", of: programFolder()) }

    /// The directory that `bailey` is in.
    private static func programFolder() -> String {
        let program = (try? Files.readLink("/proc/self/exe")) ?? "/usr/bin/bailey"
        let folder = program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
        let companions = "/libexec/bailey"
        return folder.hasSuffix(companions) ? folder.dropLast(companions.count) + "/bin" : folder
    }

    private static func root() throws -> String? {
        guard let value = unsafe getenv("BAILEY_ROOT") else { return nil }
        let text = unsafe String(cString: value)
        if text.isEmpty { return nil }
        guard text.hasPrefix("/"), text.count > 1 else {
            throw CommandFailure(
                message: "BAILEY_ROOT: \(text) is no absolute path: name a directory from /",
                status: 125
            )
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// A program that belongs to `bailey`: where it is installed, or beside it in a build folder.
    private static func companion(_ name: String, of folder: String) -> String {
        let installed = "\(folder)/../libexec/bailey/\(name)"
        return Files.exists(installed) ? installed : "\(folder)/\(name)"
    }

    /// Profiles and templates that came with the program: installed, or in the source tree it was built in.
    private static func shared(_ folder: String) -> [String] {
        let installed = folder + "/../share/bailey"
        if Files.exists(installed + "/profiles") { return [installed] }
        var path = folder
        for _ in 0..<5 {
            if Files.exists(path + "/profiles"), Files.exists(path + "/rootfs-templates") { return [path] }
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { break }
            path = String(path[..<slash])
        }
        return []
    }
}
