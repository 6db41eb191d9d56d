import Foundation
import Testing

/// A directory of the host that nothing may touch, and a picture of it to compare with.
struct Canary {
    let path: String
    let secret = "secret-" + UUID().uuidString
    private let before: [String]

    init(in folder: String) throws {
        path = folder + "/canary-tree"
        let files = FileManager.default
        for name in ["etc", "dev", "proc", "sys"] {
            try files.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        }
        for name in ["secret", "etc/secret", "etc/hosts", "etc/resolv.conf", "etc/hostname", "dev/null", "dev/console"]
        {
            try secret.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
        }
        before = Self.picture(of: path)
    }

    /// Every file made, changed or removed since, or of another owner or other permissions.
    var changes: [String] { Self.picture(of: path).filter { !before.contains($0) } + removed }

    private var removed: [String] {
        let after = Self.picture(of: path)
        return before.filter { !after.contains($0) }
    }

    /// Records an issue when anything changed.
    func expectUntouched(_ why: String, _ location: SourceLocation = #_sourceLocation) {
        #expect(changes.isEmpty, "\(why) changed the host", sourceLocation: location)
        let mounts = text("/proc/self/mounts")
        #expect(!mounts.contains(path), "\(why) left a mount on the host", sourceLocation: location)
    }

    private static func picture(of path: String) -> [String] {
        let files = FileManager.default
        let names = (files.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []) + ["."]
        return names.sorted().map { name in
            let facts = (try? files.attributesOfItem(atPath: "\(path)/\(name)")) ?? [:]
            let keys: [FileAttributeKey] = [.type, .size, .modificationDate, .posixPermissions, .ownerAccountID]
            let described = keys.map { "\(facts[$0] ?? "-")" }.joined(separator: " ")
            let isRegular = facts[.type] as? FileAttributeType == .typeRegular
            return "\(name) \(described) \(isRegular ? text("\(path)/\(name)") : "")"
        }
    }
}
