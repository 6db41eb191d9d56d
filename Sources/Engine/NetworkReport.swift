import Glibc
import LinuxKernel
import Networking

/// What is known of a network on this host now.
public struct NetworkReport: Sendable {
    /// One jail in a network.
    public struct Member: Sendable {
        /// Its name.
        public let jail: String
        /// Its tenant's and network's part of the plan is not kept; the address is.
        public let addresses: [[UInt8]]
        /// Whether it runs.
        public let isRunning: Bool
        /// The host end of its link; empty for none.
        public let link: String
        /// What it has sent and got, while it runs.
        public let traffic: [TrafficCounter]
        /// What was refused, by kind.
        public let refusals: [(kind: String, packets: UInt64)]
    }

    /// The network.
    public let network: NetworkDefinition
    /// Its jails.
    public let members: [Member]
}

extension Engine {
    /// Looks at a network: claims, links, counters.
    public func networkReport(_ name: String) throws(EngineError) -> NetworkReport {
        let network = try networks.definition(name)
        let readings = FirewallReadings(networks.host.firewall)
        let listing = JailListing(self)
        var members: [NetworkReport.Member] = []
        for record in listing.records() where record.plan.network.network == name {
            let steps = record.plan.network
            var link = ""
            if case .pair(let pair) = steps.link { link = pair.host }
            let isRunning = record.state == .running || record.state == .paused
            members.append(
                NetworkReport.Member(
                    jail: record.name,
                    addresses: steps.addresses,
                    isRunning: isRunning,
                    link: link,
                    traffic: isRunning
                        ? traffic(record, readings) : TrafficRecord(file: steps.finish.trafficFile).counters,
                    refusals: isRunning ? readings.refusals(of: steps.addresses, link: link) : []
                )
            )
        }
        return NetworkReport(network: network, members: members)
    }

    /// Counters of a running jail, from the firewall or from its programs.
    public func traffic(_ record: JailRecord, _ readings: FirewallReadings) -> [TrafficCounter] {
        let steps = record.plan.network
        if steps.programDirectory.isEmpty { return readings.traffic(of: steps.addresses) }
        return SharedCounters.read(directory: steps.programDirectory)
    }

    /// Puts Bailey's tables back if somebody removed them while jails run.
    ///
    /// - Returns: Whether any was missing.
    @discardableResult
    public func restoreNetwork() throws(EngineError) -> Bool {
        let tables = try attempting("restoring the firewall") { () throws(SyscallError) in
            try networks.host.restore { JailListing(self).runningNetworkRules() }
        }
        do throws(SiteProxy.Failure) {
            return try networks.proxy.restore() || tables
        } catch {
            throw .refused("starting the web proxy again: \(error)")
        }
    }
}

/// Counters that the programs of `mode: shared` keep.
enum SharedCounters {
    /// Reads the table of a jail's programs; empty where there is none.
    static func read(directory: String) -> [TrafficCounter] {
        guard let cgroup = try? Files.open(directory, O_RDONLY | O_DIRECTORY),
            let program = try? BPFPrograms.attached(cgroup: cgroup.number, attachType: 0).first,
            let number = try? BPFPrograms.maps(ofProgram: program).first,
            let map = try? BPFPrograms.openMap(number)
        else { return [] }
        var numbers: [UInt64] = []
        for index in 0..<8 as Range<UInt32> {
            guard let bytes = try? BPFPrograms.lookUp(map.number, key: index.hostBytes, valueBytes: 16) else {
                return []
            }
            numbers += Self.numbers(in: bytes[...])
        }
        return SharedPrograms.counters(numbers)
    }

    /// Numbers of eight bytes in the host's order.
    static func numbers(in bytes: ArraySlice<UInt8>) -> [UInt64] {
        stride(from: bytes.startIndex, to: bytes.endIndex - 7, by: 8).map { start in
            bytes[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
