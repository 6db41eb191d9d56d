import Launch
import LinuxKernel
import Networking

/// Which jail a refused packet belongs to.
public struct RefusalOwners {
    private let engine: Engine
    private var byAddress: [[UInt8]: String] = [:]
    private var byLink: [String: String] = [:]
    private var looked: Int64 = 0

    /// Jails of an installation; looked up when a packet asks for it.
    public init(_ engine: Engine) { self.engine = engine }

    /// The jail by its address, or by its link where the address is a lie; nil when it has gone.
    public mutating func owner(of packet: RefusedPacket) -> String? {
        if let known = find(packet) { return known }
        // A flood of packets of nobody's must not become a flood of look-ups.
        guard Events.now() - looked > 1_000_000_000 else { return nil }
        look()
        return find(packet)
    }

    private func find(_ packet: RefusedPacket) -> String? {
        if packet.kind == "spoof" { return name(of: packet.interface).flatMap { byLink[$0] } }
        return byAddress[packet.source] ?? byAddress[packet.destination]
    }

    private func name(of interface: UInt32) -> String? {
        guard interface != 0, let route = try? NetlinkSocket(.route) else { return nil }
        return try? route.list(LinkMessages.list()).compactMap(NetworkInterface.init).first { $0.index == interface }?
            .name
    }

    private mutating func look() {
        looked = Events.now()
        (byAddress, byLink) = ([:], [:])
        for record in JailListing(engine).records() {
            for address in record.plan.network.addresses { byAddress[address] = record.name }
            if case .pair(let pair) = record.plan.network.link { byLink[pair.host] = record.name }
        }
    }
}
