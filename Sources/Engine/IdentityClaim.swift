import Glibc
import Launch
import LinuxKernel
import Storage

/// A range of 65,536 host ids for one jail, claimed by a symbolic link that names the record of the jail's start.
///
/// Making a link is atomic, so two starts never get one range. The ranges lie in the upper half of what systemd reserves
/// for containers (0x80000 to 0x6FFFFFFF; see systemd's UIDS-GIDS), above what /etc/subuid gives to users by default.
enum IdentityClaim {
    static let firstBase: UInt32 = 0x4000_0000
    static let slots: UInt32 = 0x2FFF

    /// Claims a free range for the start with this record.
    ///
    /// - Returns: The range, and the link that frees it when removed.
    static func take(for record: String, in layout: StateLayout) throws(EngineError) -> (map: IdentityMap, link: String)
    {
        // Spread over the range by time and pid: starts at the same moment do not queue at the same slots.
        var slot = UInt32(truncatingIfNeeded: Events.now() >> 10) &* 31 &+ UInt32(bitPattern: Processes.current)
        for _ in 0..<slots {
            slot = (slot &+ 1) % slots
            let link = "\(layout.identityClaims)/\(slot)"
            if try claim(link, record, layout) {
                return (IdentityMap(hostBase: firstBase + slot * 65536), link)
            }
        }
        throw .refused("claiming an id range: all \(slots) are in use: stop some jails")
    }

    /// Claims a range for a jail that is kept: the one that it had, if nobody else has it now.
    ///
    /// The link names the state directory, so the range stays the jail's while it is stopped. After a reboot, when the
    /// links are gone, the first to start takes its own again.
    static func keep(for stateDirectory: String, in layout: StateLayout) throws(EngineError) -> IdentityMap {
        if let base = (try? JailRecord.plan(in: stateDirectory + "/record"))?.identity.hostBase, base >= firstBase {
            let slot = (base - firstBase) / 65536
            let link = "\(layout.identityClaims)/\(slot)"
            if (try? Files.readLink(link)) == stateDirectory { return IdentityMap(hostBase: base) }
            if slot < slots, try claim(link, stateDirectory, layout) { return IdentityMap(hostBase: base) }
        }
        return try take(for: stateDirectory, in: layout).map
    }

    /// The link that a kept jail holds.
    static func keptClaim(of stateDirectory: String, in layout: StateLayout) -> String? {
        guard let base = (try? JailRecord.plan(in: stateDirectory + "/record"))?.identity.hostBase, base >= firstBase
        else { return nil }
        let link = "\(layout.identityClaims)/\((base - firstBase) / 65536)"
        return (try? Files.readLink(link)) == stateDirectory ? link : nil
    }

    private static func claim(_ link: String, _ record: String, _ layout: StateLayout) throws(EngineError) -> Bool {
        do throws(SyscallError) {
            try Files.makeLink(link, to: record)
            return true
        } catch  where error.errno == EEXIST {
            // The claim of a jail whose files are gone altogether, as after a BAILEY_ROOT was deleted, is nobody's.
            guard let owner = try? Files.readLink(link), !Files.exists(owner) else { return false }
            return (try? reclaim(link, from: owner, for: record, layout)) ?? false
        } catch {
            throw .failed(attempt: "claiming an id range", error, advice: nil)
        }
    }

    /// Under a lock, so that two starts which see the same stale claim do not take it from one another.
    private static func reclaim(
        _ link: String,
        from owner: String,
        for record: String,
        _ layout: StateLayout
    ) throws(SyscallError) -> Bool {
        let folder = try Files.open(layout.identityClaims, O_RDONLY | O_DIRECTORY)
        guard try FileLock.take(folder.number, named: link, wait: true) else { return false }
        guard try Files.readLink(link) == owner, !Files.exists(owner) else { return false }
        try Files.remove(link)
        try Files.makeLink(link, to: record)
        return true
    }

    /// Frees every range that a start holds which died before it wrote its plan.
    static func releaseAll(of record: String, in layout: StateLayout) {
        for name in (try? Files.list(layout.identityClaims)) ?? [] {
            let link = "\(layout.identityClaims)/\(name)"
            if (try? Files.readLink(link)) == record { try? Files.remove(link) }
        }
    }
}
