import Glibc
import LinuxKernel
import Planning
import Profiles

/// Looks users and groups up in the account files of a rootfs, which a tenant may have written.
struct RootfsAccounts {
    /// Root directories, the uppermost layer first.
    let roots: [String]

    /// The user that `spec` means, as numbers.
    func resolve(_ spec: Setting<UserSpec>) throws(EngineError) -> ResolvedUser {
        let user = spec.value
        // Root is root even where no account file says so.
        if user == .root || user == UserSpec(user: .name("root"), group: nil) {
            return ResolvedUser(uid: 0, gid: 0, home: "/root")
        }
        let passwd = lines("/etc/passwd")
        let entry: [Substring]?
        switch user.user {
        case .id(let uid): entry = passwd.first { $0.count >= 6 && UInt32($0[2]) == uid }
        case .name(let name): entry = passwd.first { $0.count >= 6 && $0[0] == name }
        }
        let uid = try number(user.user, entry?[2], "user", spec.origin)
        let groupLines = lines("/etc/group")
        let gid: UInt32
        if let group = user.group {
            let found: [Substring]? =
                if case .name(let name) = group { groupLines.first { $0.count >= 3 && $0[0] == name } } else { nil }
            gid = try number(group, found?[2], "group", spec.origin)
        } else {
            gid = entry.flatMap { UInt32($0[3]) } ?? 0
        }
        let name = entry?[0]
        let groups = groupLines.compactMap { line -> UInt32? in
            guard let name, line.count >= 4, line[3].split(separator: ",").contains(name) else { return nil }
            return UInt32(line[2])
        }
        // The kernel takes 65,536 groups at most; an account file with more is no honest one.
        return ResolvedUser(uid: uid, gid: gid, groups: Array(groups.prefix(1024)), home: entry.map { String($0[5]) })
    }

    private func number(
        _ identity: UserSpec.Identity,
        _ found: Substring?,
        _ kind: String,
        _ origin: Origin
    ) throws(EngineError) -> UInt32 {
        let id: UInt32?
        switch identity {
        case .id(let number): id = UInt32(exactly: number)
        case .name: id = found.flatMap { UInt32($0) }
        }
        guard let id else {
            throw .refused(
                "\(origin): user: the rootfs has no \(kind) \(identity): use a number, or a name from its /etc/passwd"
            )
        }
        guard id < 65536 else { throw .refused("\(origin): user: \(kind) \(id) is outside the jail's 65,536 ids") }
        return id
    }

    /// Lines of an account file as fields; a missing or unreasonably large file has none.
    private func lines(_ path: String) -> [[Substring]] {
        for root in roots {
            guard let folder = try? Files.open(root, O_RDONLY | O_DIRECTORY),
                let file = try? BeneathRoot(folder.number).open(path, O_RDONLY | O_NONBLOCK),
                (try? Files.status("", at: file.number))?.isRegular == true,
                let bytes = try? Files.read(file.number, named: path, limit: 1 << 20)
            else { continue }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
                $0.split(separator: ":", omittingEmptySubsequences: false)
            }
        }
        return []
    }
}
