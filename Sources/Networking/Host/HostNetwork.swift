import Glibc
import LinuxKernel

/// What all jails with a network use on this host: tables, bridges, forwarding.
///
/// Made by the first, removed by the last.
public struct HostNetwork: Sendable {
    /// A bridge and what it must have.
    public struct Bridge: Equatable, Sendable {
        /// Its name.
        public var name: String
        /// Its addresses, which are the jails' gateways.
        public var addresses: [(address: [UInt8], prefix: UInt8)]
        /// Bytes in a packet.
        public var mtu: UInt32?
        /// Whose it is, for those who list interfaces.
        public var alias: String

        /// Makes a description.
        public init(name: String, addresses: [(address: [UInt8], prefix: UInt8)], mtu: UInt32?, alias: String) {
            (self.name, self.addresses, self.mtu, self.alias) = (name, addresses, mtu, alias)
        }

        /// Compares all parts.
        public static func == (left: Bridge, right: Bridge) -> Bool {
            left.name == right.name && left.mtu == right.mtu && left.alias == right.alias
                && left.addresses.elementsEqual(right.addresses, by: ==)
        }
    }

    private let tableName: String
    private let folder: String

    /// The host's network as an installation uses it.
    ///
    /// `tableName`: The name of its tables.
    /// `folder`: Its runtime directory for networks.
    public init(tableName: String, folder: String) {
        (self.tableName, self.folder) = (tableName, folder)
    }

    /// Held while the base is made or removed.
    public var lockFile: String { folder + "/lock" }
    /// Has an entry for each jail that uses the base.
    public var users: String { folder + "/users" }
    /// Is there while forwarding is on because of Bailey, and lists what is to be put back.
    public var transitMark: String { folder + "/forwarding-was-off" }

    /// The tables.
    public var firewall: Firewall { Firewall(name: tableName, closesTransit: Files.exists(transitMark)) }

    static let forwarding4 = "/proc/sys/net/ipv4/ip_forward"
    static let forwarding6 = "/proc/sys/net/ipv6/conf/all/forwarding"

    /// Brings everything to what it should be, and notes that `jail` uses it.
    ///
    /// `bridge`: The bridge that it needs; nil for none.
    /// `services`: Services of the host that jails may use.
    /// `entries`: Requests that let each running jail in, for tables that somebody else has removed.
    /// - Returns: Whether tables had to be made although jails were there.
    @discardableResult
    public func ensure(
        for jail: String,
        bridge: Bridge?,
        services: [NetworkDefinition.Service],
        entries: () -> [[NetlinkMessage]]
    ) throws(SyscallError) -> Bool {
        try makeFolders()
        let lock = try Files.open(lockFile, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        _ = try FileLock.take(lock.number, named: lockFile, wait: true)
        let hasUsers = try !Files.list(users).isEmpty
        try Files.replace("\(users)/\(jail)", with: [])
        try openForwarding()
        let restored = try ensureTables(entries)
        if !services.isEmpty { try allow(services) }
        if let bridge { try ensure(bridge) }
        return restored && hasUsers
    }

    /// Takes back that `jail` uses the base, for a start that came no further.
    public func leave(_ jail: String) { try? Files.remove("\(users)/\(jail)") }

    /// Puts missing tables back, with all running jails in them.
    ///
    /// - Returns: Whether any was missing.
    public func restore(entries: () -> [[NetlinkMessage]]) throws(SyscallError) -> Bool {
        guard Files.exists(users), try !Files.list(users).isEmpty else { return false }
        let lock = try Files.open(lockFile, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        _ = try FileLock.take(lock.number, named: lockFile, wait: true)
        return try ensureTables(entries)
    }

    /// Whether jails use the tables, but they are not there.
    public func isMissing() throws(SyscallError) -> Bool {
        guard Files.exists(users), try !Files.list(users).isEmpty else { return false }
        let netfilter = try NetlinkSocket(.netfilter)
        return !has(firewall.internet, netfilter) || !has(firewall.bridge, netfilter)
    }

    private func makeFolders() throws(SyscallError) {
        if !Files.exists(users) { try Files.makeDirectories(users, mode: 0o700) }
    }

    /// Both tables are made in one transaction; one alone is not what Bailey leaves.
    private func ensureTables(_ entries: () -> [[NetlinkMessage]]) throws(SyscallError) -> Bool {
        let netfilter = try NetlinkSocket(.netfilter)
        let firewall = firewall
        if has(firewall.internet, netfilter), has(firewall.bridge, netfilter) { return false }
        for message in firewall.remove() {
            do throws(SyscallError) { try netfilter.transact([message]) } catch  where error.errno == ENOENT {}
        }
        try netfilter.transact(firewall.make())
        for entry in entries() { try? netfilter.transact(entry) }
        return true
    }

    private func has(_ table: Table, _ netfilter: borrowing NetlinkSocket) -> Bool {
        do throws(SyscallError) {
            try netfilter.perform([table.get()])
            return true
        } catch {
            return false
        }
    }

    private func allow(_ services: [NetworkDefinition.Service]) throws(SyscallError) {
        let elements = services.map { Element([$0.transport], $0.port.networkBytes) }
        try NetlinkSocket(.netfilter).transact([firewall.internet.elements("services", elements)])
    }

    private func ensure(_ bridge: Bridge) throws(SyscallError) {
        let route = try NetlinkSocket(.route)
        if let present = try? route.list(LinkMessages.get(bridge.name)).compactMap(NetworkInterface.init).first {
            guard present.alias == bridge.alias else {
                throw SyscallError(call: "netlink", subject: "\(bridge.name), which is not Bailey's own", errno: EEXIST)
            }
            return
        }
        let hardwareAddress = HardwareAddress.of(bridge.addresses.first?.address ?? [0, 0, 0, 0])
        try route.perform([
            LinkMessages.newBridge(
                bridge.name,
                hardwareAddress: hardwareAddress,
                groupNumber: InterfaceGroup.bridge,
                mtu: bridge.mtu
            )
        ])
        let index = try route.interfaceIndex(bridge.name)
        do throws(SyscallError) {
            let has6 = Files.exists("/proc/sys/net/ipv6")
            try route.perform([LinkMessages.setAlias(index, bridge.alias)])
            try route.perform(
                bridge.addresses.filter { $0.address.count == 4 || has6 }.map {
                    AddressMessages.address($0.address, prefix: $0.prefix, index: index)
                }
            )
            // Published ports answer on 127.0.0.1 too; the rules keep jails from using that.
            try Files.writeKernelFile("/proc/sys/net/ipv4/conf/\(bridge.name)/route_localnet", "1")
            if has6 { try Files.writeKernelFile("/proc/sys/net/ipv6/conf/\(bridge.name)/accept_ra", "0") }
        } catch {
            try? route.perform([LinkMessages.delete(bridge.name)])
            throw error
        }
    }

    /// A host that forwarded nothing must not become a router for its neighbours because it has jails: the mark makes the
    /// rules drop what is neither from nor to a jail.
    private func openForwarding() throws(SyscallError) {
        let off4 = try Files.readText(Self.forwarding4) == "0"
        let off6 = (try? Files.readText(Self.forwarding6)) == "0"
        guard off4 || off6 else { return }
        // Written down first: whoever finds the mark knows what was off.
        let lines = (off4 ? [Self.forwarding4] : []) + (off6 ? [Self.forwarding6] : [])
        let before = (try? Files.readText(transitMark)).map { $0 + "\n" } ?? ""
        try Files.replace(transitMark, with: Array((before + lines.map { $0 + "=0\n" }.joined()).utf8))
        if off4 { try Files.writeKernelFile(Self.forwarding4, "1") }
        if off6 {
            try keepRouterAdvertisements()
            try Files.writeKernelFile(Self.forwarding6, "1")
        }
    }

    /// An interface that forwards stops listening to routers, and would lose its default route: 2 keeps it listening.
    private func keepRouterAdvertisements() throws(SyscallError) {
        let folder = "/proc/sys/net/ipv6/conf"
        for name in try Files.list(folder) where name != "all" && name != "default" {
            let file = "\(folder)/\(name)/accept_ra"
            if (try? Files.readText(file)) == "1" { try Files.writeKernelFile(file, "2") }
        }
    }
}
