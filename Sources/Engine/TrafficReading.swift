import Launch
import LinuxKernel
import Networking

/// What a jail has sent and got outside the host, in bytes, and which packets of it were refused, by kind.
public struct TrafficTotals: Equatable, Sendable {
    /// From outside, over all runs of a kept jail.
    public var received: UInt64 = 0
    /// To the outside, over all runs of a kept jail.
    public var sent: UInt64 = 0
    /// Packets that a rule or cap refused, in this run.
    public var refused: [String: UInt64] = [:]

    init(_ counters: [TrafficCounter], refused: [(kind: String, packets: UInt64)] = []) {
        for counter in counters {
            if counter.set == "in_outside" { received += counter.bytes }
            if counter.set == "out_outside" { sent += counter.bytes }
        }
        for (kind, packets) in refused { self.refused[kind, default: 0] += packets }
    }
}

/// Where a running jail's packets are counted.
public struct TrafficSource: Sendable {
    private let addresses: [[UInt8]]
    private let link: String
    private let programs: String

    /// Where the packets of a jail are counted; nil of one that has no network to count.
    public init?(_ record: JailRecord) {
        let steps = record.plan.network
        guard !steps.addresses.isEmpty || !steps.programDirectory.isEmpty else { return nil }
        (addresses, programs) = (steps.addresses, steps.programDirectory)
        if case .pair(let pair) = steps.link { link = pair.host } else { link = "" }
    }

    /// Counters of some jails: one listing of the firewall for all of them.
    public static func totals(_ sources: [String: TrafficSource], _ engine: Engine) -> [String: TrafficTotals] {
        guard !sources.isEmpty else { return [:] }
        let readings = FirewallReadings(engine.networks.host.firewall)
        return sources.mapValues { source in
            let refused = readings.refusals(of: source.addresses, link: source.link)
            let counters =
                source.programs.isEmpty
                ? readings.traffic(of: source.addresses) : SharedCounters.read(directory: source.programs)
            return TrafficTotals(counters, refused: refused)
        }
    }
}

extension Engine {
    /// Counters of a jail that has ended, as its launcher kept them.
    public func lastTraffic(of name: String) -> TrafficTotals? {
        guard let plan = try? JailRecord.plan(in: layout.stateDirectory(name) + "/record"),
            !plan.network.finish.trafficFile.isEmpty
        else { return nil }
        return TrafficTotals(TrafficRecord(file: plan.network.finish.trafficFile).counters)
    }
}
