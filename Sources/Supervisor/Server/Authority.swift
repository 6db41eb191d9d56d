import ControlAPI
import Declarations
import Engine
import LinuxKernel

/// What a peer may do, as the kernel's word on who it is decides.
enum Authority: Equatable, Sendable {
    /// Everything: root, and the group `bailey`.
    case operation
    /// Looking at, starting, stopping, restarting, entering and reading the logs of these tenants' jails.
    case tenants(Set<String>)

    /// Whether jails of a tenant are shown to it.
    func sees(_ tenant: String) -> Bool {
        switch self {
        case .operation: true
        case .tenants(let names): names.contains(tenant)
        }
    }

    /// The authority of a peer.
    ///
    /// Accounts are looked at for each request: a user who leaves the group has left it at once.
    static func of(
        _ peer: PeerCredentials,
        _ accounts: HostAccounts,
        tenants: [(name: String, users: [String])]
    ) -> Authority {
        if peer.uid == 0 || accounts.isMember(peer, of: "bailey") { return .operation }
        guard let user = accounts.name(of: peer.uid) else { return .tenants([]) }
        return .tenants(Set(tenants.filter { $0.users.contains(user) }.map(\.name)))
    }

    /// - Throws: ``Problem`` for everybody but operators.
    func requireOperation(_ attempt: String) throws {
        guard self == .operation else {
            throw Problem(
                kind: "denied",
                error: "\(attempt): only root and members of the group bailey may: ask one of them"
            )
        }
    }

    /// - Throws: ``Problem`` where a tenant is none of the peer's: as if there were no such jail, so that names of other
    ///   customers are not told.
    func require(_ tenant: String, jail: String) throws {
        guard sees(tenant) else {
            throw Problem(kind: "notFound", error: "\(EngineError.noSuchJail(jail, suggestion: nil))")
        }
    }
}

/// The host's user and group files, read directly: who asks must not wait for a name service on some network.
struct HostAccounts: Sendable {
    private let users: String
    private let groups: String

    init(users: String, groups: String) { (self.users, self.groups) = (users, groups) }

    /// As they are now.
    static func read() -> HostAccounts {
        HostAccounts(
            users: (try? Files.readText("/etc/passwd")) ?? "",
            groups: (try? Files.readText("/etc/group")) ?? ""
        )
    }

    func name(of uid: UInt32) -> String? {
        for line in users.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 2, UInt32(fields[2]) == uid { return String(fields[0]) }
        }
        return nil
    }

    func isMember(_ peer: PeerCredentials, of group: String) -> Bool {
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count > 3, fields[0] == group else { continue }
            if UInt32(fields[2]) == peer.gid { return true }
            guard let user = name(of: peer.uid) else { return false }
            return fields[3].split(separator: ",").contains { $0 == user }
        }
        return false
    }
}
