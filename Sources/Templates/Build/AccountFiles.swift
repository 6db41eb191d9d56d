import LinuxKernel

/// The account files of a rootfs, edited as text: it works without a program inside, and always gives the same bytes.
///
/// - SeeAlso: passwd(5), group(5), shadow(5).
struct AccountFiles {
    var users: [[String]]
    var groups: [[String]]
    /// `nil` in a rootfs without shadow passwords.
    var shadows: [[String]]?

    static func read(_ tree: RootedTree) throws(TemplateError) -> AccountFiles {
        try attempting("read accounts") { () throws(SyscallError) in
            AccountFiles(
                users: rows(try tree.text("/etc/passwd") ?? ""),
                groups: rows(try tree.text("/etc/group") ?? ""),
                shadows: try tree.text("/etc/shadow").map(rows)
            )
        }
    }

    func write(to tree: RootedTree) throws(SyscallError) {
        try tree.write("/etc/passwd", Self.bytes(users))
        try tree.write("/etc/group", Self.bytes(groups))
        guard let shadows else { return }
        // Debian's shadow group is 42; where there is none, only root reads the file.
        let group = groups.first { $0.first == "shadow" }.flatMap { $0.count > 2 ? UInt32($0[2]) : nil }
        try tree.write("/etc/shadow", Self.bytes(shadows), gid: group ?? 0, mode: group == nil ? 0o600 : 0o640)
    }

    /// The number of an account that is given by name or number.
    func number(_ text: String, in rows: [[String]], step: String) throws(TemplateError) -> UInt32 {
        if let number = UInt32(text), number < 65_536 { return number }
        if let row = rows.first(where: { $0.first == text }), row.count > 2, let number = UInt32(row[2]) {
            return number
        }
        let near = NearestName.to(text, in: rows.compactMap(\.first)).map { ", but \"\($0)\"" } ?? ""
        throw .unsuitable(step: step, reason: "the rootfs has no account \"\(text)\"\(near)")
    }

    /// The first number from `range` that no user and no group has.
    func freeNumber(_ range: Range<UInt32>) -> UInt32? {
        let taken = Set((users + groups).compactMap { $0.count > 2 ? UInt32($0[2]) : nil })
        return range.first { !taken.contains($0) }
    }

    private static func rows(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
    }

    private static func bytes(_ rows: [[String]]) -> [UInt8] {
        Array(rows.map { $0.joined(separator: ":") + "\n" }.joined().utf8)
    }
}

extension BuildRun {
    /// Makes an account with a group of its own and no password.
    func addUser(_ step: UserStep) throws(TemplateError) {
        let label = "user \(step.name)"
        var files = try AccountFiles.read(tree)
        if files.users.contains(where: { $0.first == step.name }) {
            throw .unsuitable(step: label, reason: "the rootfs has this account already")
        }
        guard let uid = step.uid ?? files.freeNumber(step.isSystem ? 100..<1000 : 1000..<60_000) else {
            throw .unsuitable(step: label, reason: "no number is free")
        }
        let gid = step.gid ?? uid
        files.users.append([step.name, "x", "\(uid)", "\(gid)", "", step.home, step.shell])
        if !files.groups.contains(where: { $0.count > 2 && $0[2] == "\(gid)" }) {
            files.groups.append([step.name, "x", "\(gid)", ""])
        }
        for group in step.groups { try join(group, step.name, &files, label) }
        files.shadows?.append([step.name, "!", "\(job.sourceDate / 86_400)", "0", "99999", "7", "", "", ""])
        let changed = files
        try attempting(label) { () throws(SyscallError) in
            try changed.write(to: tree)
            if !step.isSystem { try tree.makeDirectory(step.home, uid: uid, gid: gid, mode: 0o755) }
        }
    }

    private func join(
        _ group: String,
        _ user: String,
        _ files: inout AccountFiles,
        _ label: String
    ) throws(TemplateError) {
        guard let index = files.groups.firstIndex(where: { $0.first == group && $0.count == 4 }) else {
            throw .unsuitable(step: label, reason: "the rootfs has no group \"\(group)\"")
        }
        let members = files.groups[index][3]
        files.groups[index][3] = members.isEmpty ? user : "\(members),\(user)"
    }
}
