import LinuxKernel
import Profiles
import Seccomp
import Storage
import Templates

/// The life of jails on this host: started, entered, looked at, ended.
///
/// No daemon is needed for any of it.
public struct Engine: Sendable {
    /// Where its state is.
    public let layout: StateLayout
    /// Where profiles, policies and templates are looked for, the host's own before those that come with Bailey.
    public let searchPath: [String]
    /// The launcher program.
    public let initProgram: String

    /// An engine over `layout`.
    ///
    /// - Parameters:
    ///   - layout: Where its state is.
    ///   - searchPath: Directories that hold `profiles/` and `rootfs-templates/`.
    ///   - initProgram: Path of `bailey-init`.
    public init(layout: StateLayout, searchPath: [String], initProgram: String) {
        self.layout = layout
        self.searchPath = searchPath
        self.initProgram = initProgram
    }

    /// Directories with profiles.
    public var profileDirectories: [String] { searchPath.map { $0 + "/profiles" } }

    /// Where seccomp policies are.
    public var policies: PolicyLibrary { PolicyLibrary(directories: searchPath.map { $0 + "/profiles/seccomp" }) }

    /// Where template definitions are.
    public var catalog: TemplateCatalog { TemplateCatalog(directories: searchPath.map { $0 + "/rootfs-templates" }) }

    /// Built templates.
    public var store: TemplateStore { TemplateStore(root: layout.library) }

    /// A loader for profiles that knows this host's vocabulary.
    public var profiles: ProfileLoader {
        ProfileLoader(
            library: ProfileLibrary(
                folders: profileDirectories,
                names: { profileDirectories.flatMap(Self.profileNames) },
                load: { path in
                    do throws(SyscallError) {
                        return try Files.readText(path)
                    } catch  where error.errno == 2 {
                        return nil
                    }
                }
            )
        )
    }

    private static func profileNames(_ folder: String) -> [String] {
        ((try? Files.list(folder)) ?? []).flatMap { entry -> [String] in
            if entry.hasSuffix(".yaml") { return [String(entry.dropLast(5))] }
            let inner = (try? Files.list("\(folder)/\(entry)")) ?? []
            return inner.filter { $0.hasSuffix(".yaml") }.map { "\(entry)/\($0.dropLast(5))" }
        }
    }
}
