/// How a rootfs is made: the parsed, valid content of one `template.yaml`.
public struct Template: Equatable, Sendable {
    /// The name jails and other templates use.
    public let name: String
    /// One line for `template ls`; empty where the file says nothing.
    public let summary: String
    /// The host directory of the `template.yaml`; `copy` and `tar` paths are relative to it.
    public let directory: String
    /// The value of every argument the file declares: its default, or what the caller gave.
    public let arguments: [String: String]
    /// What the first step finds.
    public let source: TemplateSource
    /// What is done to it, in order.
    public let steps: [TemplateStep]
    /// What a jail made from it does unless its profile says otherwise.
    public let defaults: TemplateDefaults
}

/// Where a rootfs begins.
public enum TemplateSource: Equatable, Sendable {
    /// An empty directory.
    case empty
    /// Debian from its package archive.
    case debian(DebianSource)
    /// A tar archive beside the template file, perhaps compressed.
    case tar(file: String, sha256: String?)
    /// An OCI image.
    case oci(OCISource)
    /// The finished rootfs of another template.
    case template(String)
}

/// What mmdebstrap is asked for.
public struct DebianSource: Equatable, Sendable {
    /// Which release of which archive.
    public let archive: DebianArchive
    /// Whether every `Priority: required` package is wanted beside the essential ones.
    public let isMinimalBase: Bool
    /// Packages beyond these.
    public let packages: [String]
    /// Path patterns that dpkg leaves out, now and whenever a package is installed later.
    public let exclude: [String]
}

/// A Debian release, and where it comes from.
public struct DebianArchive: Equatable, Sendable {
    /// The code name, such as `bookworm`.
    public let release: String
    /// An archive URI; `nil` means the apt sources of this host.
    public let mirror: String?
    /// Such as `main`.
    public let components: [String]

    /// A scheme, and nothing that could be read as another word or option of apt's sources.list(5).
    static func isURI(_ text: String) -> Bool {
        ["http://", "https://", "file:///", "copy:///"].contains { text.hasPrefix($0) }
            && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 91 && $0 != 93 }
    }
}

/// One change to a rootfs.
public enum TemplateStep: Equatable, Sendable {
    /// Installs Debian packages and what they need.
    case packages([String])
    /// Takes files out of Debian packages without installing these, so it works without dpkg in the rootfs.
    case extract(packages: [String], only: [String])
    /// Copies a file or directory from beside the template file.
    case copy(CopyStep)
    /// Runs a command inside a jail on the rootfs.
    case run(RunStep)
    /// Makes an account.
    case user(UserStep)
    /// Writes a file.
    case file(FileStep)
    /// Makes a directory, or sets the mode and owner of one.
    case directory(path: String, attributes: FileAttributes)
    /// Makes a symbolic link, replacing what is there.
    case symlink(path: String, target: String)
}

/// Mode and owner of what a step writes; `nil` where the step does not say.
public struct FileAttributes: Equatable, Sendable {
    /// Permission bits, at most `07777`.
    public let mode: UInt32?
    /// A user name or number inside the rootfs.
    public let owner: String?
    /// A group name or number inside the rootfs.
    public let group: String?
}

/// A `copy` step.
public struct CopyStep: Equatable, Sendable {
    /// Relative to the template's directory.
    public let from: String
    /// Absolute, inside the rootfs.
    public let to: String
    /// The mode holds for files; directories are `0755`.
    public let attributes: FileAttributes
}

/// A `run` step.
public struct RunStep: Equatable, Sendable {
    /// The command; a script becomes `/bin/sh -eu -c SCRIPT`.
    public let command: [String]
    /// `NAME=value`, beside what every step gets.
    public let environment: [String]
    /// Absolute, inside the rootfs.
    public let workingDirectory: String
    /// A user name of the rootfs.
    public let user: String
    /// Whether the command needs to reach the network.
    public let needsNetwork: Bool
}

/// A `user` step.
public struct UserStep: Equatable, Sendable {
    /// The account's and its own group's name.
    public let name: String
    /// `nil` takes the next free number: from 100 for a system account, else from 1000.
    public let uid: UInt32?
    /// `nil` takes the user's number.
    public let gid: UInt32?
    /// Absolute, inside the rootfs; made when missing, unless the account is a system account.
    public let home: String
    /// The login shell.
    public let shell: String
    /// Existing groups the account joins.
    public let groups: [String]
    /// Whether this is a daemon's account.
    public let isSystem: Bool
}

/// A `file` step.
public struct FileStep: Equatable, Sendable {
    /// Absolute, inside the rootfs.
    public let path: String
    /// The whole content.
    public let content: String
    /// Default: `0644`, root.
    public let attributes: FileAttributes
}
