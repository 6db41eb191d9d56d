import Glibc
import LinuxKernel

/// A number for each tenant in a network, by which rules know who belongs together.
///
/// Symbolic links named by number lead to the tenant's name: one number is never two tenants'. They are kept: a tenant
/// keeps its number.
public struct TenantNumbers: Sendable {
    private let folder: String

    /// Numbers below `folder`.
    public init(folder: String) { self.folder = folder }

    /// The number of a tenant, given now if it has none.
    public func number(of tenant: String) throws(SyscallError) -> UInt32 {
        var number = tenant.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 } | 1
        while true {
            let link = "\(folder)/\(String(number, radix: 16))"
            do throws(SyscallError) {
                if (try? Files.readLink(link)) == tenant { return number }
                try Files.makeLink(link, to: tenant)
                return number
            } catch  where error.errno == ENOENT {
                try Files.makeDirectories(folder, mode: 0o700)
            } catch  where error.errno == EEXIST {
                if (try? Files.readLink(link)) == tenant { return number }
                number = number &+ 2
            }
        }
    }
}
