import Glibc
import LinuxKernel

/// How an exported archive is compressed.
public enum ArchiveCompression: String, CaseIterable, Sendable {
    /// Plain tar.
    case none
    /// gzip, which every system reads.
    case gzip
    /// Zstandard, fast and small.
    case zstd

    /// What a file name asks for: `.zst`, `.gz` or `.tgz`; anything else is plain.
    public init(fileName: String) {
        if fileName.hasSuffix(".zst") {
            self = .zstd
        } else if fileName.hasSuffix(".gz") || fileName.hasSuffix(".tgz") {
            self = .gzip
        } else {
            self = .none
        }
    }

    fileprivate var options: [String] {
        switch self {
        case .none: []
        case .gzip: ["--use-compress-program=gzip --no-name"]
        case .zstd: ["--use-compress-program=zstd --quiet"]
        }
    }
}

extension TemplateStore {
    /// The name of the archive entry that carries a template's manifest.
    ///
    /// Other programs see an ordinary rootfs archive.
    static let manifestEntry = ".bailey-template"

    /// Writes a template as one tar archive to a file, which appears under its name when it is complete.
    public func export(_ name: String, to path: String) throws(TemplateError) {
        let partial = "\(path).partial-\(getpid())"
        do throws(TemplateError) {
            let file = try attempting("export \(name)") { () throws(SyscallError) in
                try Files.open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
            }
            try export(name, to: file.number, compression: ArchiveCompression(fileName: path))
            try attempting("export \(name)") { () throws(SyscallError) in try Files.rename(partial, to: path) }
        } catch {
            _ = try? Files.remove(partial)
            throw error
        }
    }

    /// Writes a template as one tar archive to an open descriptor.
    public func export(_ name: String, to fd: Int32, compression: ArchiveCompression) throws(TemplateError) {
        let manifest = try find(name)
        let build = try BuildDirectory.make(in: self, for: "export-\(name)")
        var tree = "\(layersDirectory)/\(manifest.layers[0])/rootfs"
        if manifest.layers.count > 1 {
            tree = build.rootfs
            try LayerTree.materialize(manifest.layers, of: self, into: tree, held: build.lock)
        }
        let work = build.work
        try attempting("export \(name)") { () throws(SyscallError) in
            try Files.replace("\(work)/\(Self.manifestEntry)", with: Array(ManifestText.write(manifest).utf8))
        }
        let command =
            ["tar", "--create", "--format=posix", "--pax-option=delete=atime,delete=ctime", "--sort=name"]
            + ["--numeric-owner", "--xattrs", "--xattrs-include=security.capability", "--xattrs-include=user.*"]
            + compression.options + ["--directory=\(work)", "./\(Self.manifestEntry)", "--directory=\(tree)", "."]
        var running = try HostCommand(command, held: build.lock).start("export \(name)", mergingErrors: false)
        while let bytes = try running.read(upTo: 1 << 18) {
            try attempting("export \(name)") { () throws(SyscallError) in try Files.write(fd, bytes, named: "archive") }
        }
        let status = try running.wait()
        if status != 0 { throw .command(doing: "export \(name)", status: status, output: []) }
    }
}
