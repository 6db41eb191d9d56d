import Glibc
import LinuxKernel

/// Which read-only layers a jail stands on: of its template, and of its own past.
///
/// Kept beside the jail as a few lines of text, because a template may be built anew while the jail must go on with the
/// layers that its own changes belong to.
public struct JailRoot: Equatable, Sendable {
    /// The template's name.
    public var template: String
    /// The template's digest at the time.
    public var digest: String
    /// Directories below the library, the lowest first.
    public var layers: [String]
    /// In a snapshot: the directory below ``StateLayout/ownLayers`` with the copy of the jail's image.
    public var image: String?
    /// In a snapshot: when it was taken, in nanoseconds since 1970.
    public var created: Int64?
    /// While the root changes: the name that the writable layer of before gets below ``StateLayout/ownLayers``.
    var retired: String?

    /// The root of a new jail.
    public init(template: String, digest: String, layers: [String]) {
        self.template = template
        self.digest = digest
        self.layers = layers
    }

    private static let head = "bailey-root 1"

    /// Its lines.
    public var text: String {
        var lines = [Self.head, "template \(template)", "digest \(digest)"] + layers.map { "layer \($0)" }
        if let image { lines.append("image \(image)") }
        if let created { lines.append("created \(created)") }
        if let retired { lines.append("retired \(retired)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads its lines; nil for anything else, whatever it is.
    public init?(text: String) {
        var fields: [Substring: [String]] = [:]
        let lines = text.split(separator: "\n")
        guard lines.first == Self.head[...] else { return nil }
        for line in lines.dropFirst() {
            guard let blank = line.firstIndex(of: " ") else { return nil }
            fields[line[..<blank], default: []].append(String(line[line.index(after: blank)...]))
        }
        guard let template = fields["template"]?.first, let digest = fields["digest"]?.first else { return nil }
        self.init(template: template, digest: digest, layers: fields["layer"] ?? [])
        image = fields["image"]?.first
        created = fields["created"]?.first.flatMap { Int64($0) }
        retired = fields["retired"]?.first
        // Only names made by Bailey: a damaged file must not lead a mount or a removal anywhere else.
        guard layers.allSatisfy(Self.isLayerPath), [image, retired].allSatisfy({ $0.map(OwnLayers.isName) ?? true })
        else { return nil }
    }

    private static func isLayerPath(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] != "..", parts[1] != "." else { return false }
        return parts[0] == "layers" && parts[2] == "rootfs"
            || parts[0] == "own" && parts[2] == "upper" && OwnLayers.isName(String(parts[1]))
    }

    /// The root in the file at `path`; nil when there is none.
    ///
    /// - Throws: `EPROTO` for a file that is no root.
    public static func read(_ path: String) throws(SyscallError) -> JailRoot? {
        let text: String
        do throws(SyscallError) {
            text = try Files.readText(path)
        } catch  where error.errno == ENOENT || error.errno == ENOTDIR {
            return nil
        }
        guard let root = JailRoot(text: text + "\n") else {
            throw SyscallError(call: "read", subject: "\(path), which is damaged", errno: EPROTO)
        }
        return root
    }

    /// Puts it at `path`; when `durable`, it is on disk before the name shows it.
    public func write(_ path: String, durable: Bool = true) throws(SyscallError) {
        try Files.replace(path, with: Array(text.utf8), mode: 0o600, durable: durable)
    }
}

extension StateLayout {
    /// Where the root of the jail `name` is written down.
    public func rootRecord(_ name: String) -> String { stateDirectory(name) + "/root" }

    /// Where a change of the root of the jail `name` is written down before it is made.
    public func rootChange(_ name: String) -> String { stateDirectory(name) + "/root.change" }

    /// The directory of snapshots of the jail `name`.
    public func snapshotDirectory(_ name: String) -> String { stateDirectory(name) + "/snapshots" }

    /// Host paths of a root's layers, the lowest first.
    public func paths(of root: JailRoot) -> [String] { root.layers.map { "\(library)/\($0)" } }
}
