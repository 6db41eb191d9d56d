import Launch
import LinuxKernel

/// Looks a user up in the account files of the root that this process is in.
struct GuestUser {
    let uid: UInt32
    let gid: UInt32
    let groups: [UInt32]

    /// Why a user was not found; said to the caller.
    struct Unknown: Error {
        let name: String
    }

    /// Reads `USER[:GROUP]`, names or numbers; an empty text is root.
    init(_ text: String) throws(Unknown) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !name.isEmpty else {
            (uid, gid, groups) = (0, 0, [])
            return
        }
        let entry = Self.lines("/etc/passwd").first { $0.count > 3 && ($0[0] == name || $0[2] == name) }
        guard let uid = entry.map({ $0[2] }).flatMap({ UInt32($0) }) ?? UInt32(name) else { throw Unknown(name: name) }
        self.uid = uid
        if parts.count == 2 {
            let known = Self.lines("/etc/group").first { $0.count > 2 && ($0[0] == parts[1] || $0[2] == parts[1]) }
            guard let gid = known.map({ $0[2] }).flatMap({ UInt32($0) }) ?? UInt32(parts[1]) else {
                throw Unknown(name: parts[1])
            }
            (self.gid, groups) = (gid, [])
            return
        }
        gid = entry.map { $0[3] }.flatMap { UInt32($0) } ?? 0
        let login = entry?[0] ?? name
        groups = Self.lines("/etc/group").filter {
            $0.count > 3 && $0[3].split(separator: ",").contains { $0 == login }
        }.compactMap { UInt32($0[2]) }
    }

    private static func lines(_ path: String) -> [[String]] {
        let text = (try? Files.readText(path)) ?? ""
        return text.split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
