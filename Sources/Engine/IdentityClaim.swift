import Glibc
import Launch
import LinuxKernel
import Storage

/// A range of 65,536 host ids for one jail, claimed by a symbolic link that names the jail's runtime directory.
///
/// Making a link is atomic, so two starts never get one range. The ranges lie in the upper half of what systemd reserves
/// for containers (0x80000 to 0x6FFFFFFF; see systemd's UIDS-GIDS), above what /etc/subuid gives to users by default.
enum IdentityClaim {
    static let firstBase: UInt32 = 0x4000_0000
    static let slots: UInt32 = 0x2FFF

    /// Claims a free range for `runtimeDirectory`.
    ///
    /// - Returns: The range, and the link that frees it when removed.
    static func take(for runtimeDirectory: String) throws(EngineError) -> (map: IdentityMap, link: String) {
        // Spread over the range by time and pid: starts at the same moment do not queue at the same slots.
        var slot = UInt32(truncatingIfNeeded: Events.now() >> 10) &* 31 &+ UInt32(bitPattern: Processes.current)
        for _ in 0..<slots {
            slot = (slot &+ 1) % slots
            let link = "\(StateLayout.identityClaims)/\(slot)"
            if try claim(link, runtimeDirectory) {
                return (IdentityMap(hostBase: firstBase + slot * 65536), link)
            }
        }
        throw .refused("claiming an id range: all \(slots) are in use: stop some jails")
    }

    /// Claims a range for a jail that is kept: the one that it had, if nobody else has it now.
    ///
    /// The link names the state directory, so the range stays the jail's while it is stopped. After a reboot, when the
    /// links are gone, the first to start takes its own again.
    static func keep(for stateDirectory: String) throws(EngineError) -> IdentityMap {
        if let base = (try? JailRecord.plan(in: stateDirectory))?.identity.hostBase, base >= firstBase {
            let slot = (base - firstBase) / 65536
            let link = "\(StateLayout.identityClaims)/\(slot)"
            if (try? Files.readLink(link)) == stateDirectory { return IdentityMap(hostBase: base) }
            if slot < slots, try claim(link, stateDirectory) { return IdentityMap(hostBase: base) }
        }
        return try take(for: stateDirectory).map
    }

    /// The link that a kept jail holds.
    static func keptClaim(of stateDirectory: String) -> String? {
        guard let base = (try? JailRecord.plan(in: stateDirectory))?.identity.hostBase, base >= firstBase else {
            return nil
        }
        let link = "\(StateLayout.identityClaims)/\((base - firstBase) / 65536)"
        return (try? Files.readLink(link)) == stateDirectory ? link : nil
    }

    private static func claim(_ link: String, _ runtimeDirectory: String) throws(EngineError) -> Bool {
        do throws(SyscallError) {
            try Files.makeLink(link, to: runtimeDirectory)
            return true
        } catch  where error.errno == EEXIST {
            // The claim of a jail whose files are gone altogether, as after a BAILEY_ROOT was deleted, is nobody's.
            guard let owner = try? Files.readLink(link), !Files.exists(owner) else { return false }
            return (try? reclaim(link, from: owner, for: runtimeDirectory)) ?? false
        } catch {
            throw .failed(attempt: "claiming an id range", error, advice: nil)
        }
    }

    /// Under a lock, so that two starts which see the same stale claim do not take it from one another.
    private static func reclaim(
        _ link: String,
        from owner: String,
        for runtimeDirectory: String
    ) throws(SyscallError) -> Bool {
        let folder = try Files.open(StateLayout.identityClaims, O_RDONLY | O_DIRECTORY)
        guard try FileLock.take(folder.number, named: link, wait: true) else { return false }
        guard try Files.readLink(link) == owner, !Files.exists(owner) else { return false }
        try Files.remove(link)
        try Files.makeLink(link, to: runtimeDirectory)
        return true
    }

    /// Frees every range that `runtimeDirectory` holds, for a start that died before it wrote a plan.
    static func releaseAll(of runtimeDirectory: String) {
        for name in (try? Files.list(StateLayout.identityClaims)) ?? [] {
            let link = "\(StateLayout.identityClaims)/\(name)"
            if (try? Files.readLink(link)) == runtimeDirectory { try? Files.remove(link) }
        }
    }
}
