import Launch
import Networking

/// What was claimed for a jail in its network.
public struct NetworkAssignment: Sendable {
    /// The network.
    public var network: NetworkDefinition
    /// Its addresses.
    public var given: AddressClaims.Given
    /// The number of its tenant in this network.
    public var group: UInt32
    /// The host end of its link, new for each start.
    public var link: String
    /// The tables.
    public var firewall: Firewall
    /// Counters to go on from.
    public var counters: [TrafficCounter] = []
    /// Bytes of this period's allowance that are used already.
    public var consumed: UInt64 = 0
    /// Where it is noted when the period of the allowance began; empty for nowhere.
    public var transferNote = ""
    /// Addresses that rules mean by name.
    public var addressSets: [String: [TrafficFilter.Network]] = [:]
    /// Where counters are kept; empty for nowhere.
    public var trafficFile = ""
    /// The cgroup v2 directory for programs of `mode: shared`.
    public var programDirectory = ""
    /// The names that jails of its tenant see, and its own lines among them.
    public var names: NameStep?
    /// What loopback is for a jail that shares the host's network.
    public var loopback: [[UInt8]] = []
    /// Addresses of the host that are closed to it.
    public var closed: [[UInt8]] = []
    /// Web sites that lead to it.
    public var sites: [Site] = []
    /// What is done about them at the end.
    public var siteStep: SiteStep?
    /// What the last jail removes.
    public var base: BasePlaces?

    /// Where the base of the host's network is kept.
    public struct BasePlaces: Sendable {
        /// The lock.
        public var lock: String
        /// Entries of jails that use it.
        public var users: String
        /// How the alias of its interfaces begins.
        public var alias: String
        /// The list of kernel parameters to put back.
        public var parameters: String

        /// Makes the places.
        public init(lock: String, users: String, alias: String, parameters: String) {
            (self.lock, self.users, self.alias) = (lock, users, alias)
            self.parameters = parameters
        }
    }

    /// Makes an assignment.
    public init(
        network: NetworkDefinition,
        given: AddressClaims.Given,
        group: UInt32,
        link: String,
        firewall: Firewall
    ) {
        (self.network, self.given, self.group) = (network, given, group)
        (self.link, self.firewall) = (link, firewall)
    }
}
