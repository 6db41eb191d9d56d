/// How a jail is connected, decided beforehand: what the launcher does outside, and what is done inside.
///
/// Host side is the network namespace that the launcher runs in. What is listed here is also what is undone.
public struct NetworkSteps: Equatable, Sendable {
    /// The mode as the profile says it, for listings.
    public var mode: String
    /// The network's name; empty for modes without one.
    public var network: String
    /// The jail's addresses, four or sixteen bytes each.
    public var addresses: [[UInt8]]
    /// Its way out; nil where it has none or uses the host's.
    public var link: LinkStep?
    /// What is set on its own interface, inside.
    public var inside: InterfaceSteps?
    /// Addresses that the host takes on for the jail (`mode: shared`).
    public var hostAddresses: [HostAddressStep] = []
    /// Requests to nf_tables.
    public var rules: RuleSteps
    /// Programs on a cgroup, in the order they are hung on it.
    public var programs: [CgroupProgram]
    /// The cgroup v2 directory that they hang on; empty for none.
    public var programDirectory: String
    /// Where their table of counters begins, packets and bytes in turn; empty for zero.
    public var programCounters: [UInt64] = []
    /// Keep the guest from abstract unix sockets of others: it shares their network namespace.
    public var scopesSockets: Bool
    /// What is removed when the jail has ended.
    public var finish: NetworkFinish

    /// Makes the steps of a jail that has its loopback device alone.
    public init(mode: String) {
        (self.mode, network, addresses) = (mode, "", [])
        (rules, programs, programDirectory) = (RuleSteps(), [], "")
        (scopesSockets, finish) = (false, NetworkFinish())
    }
}

/// A link to a jail.
public enum LinkStep: Equatable, Sendable {
    /// A pair of virtual Ethernet ends.
    case pair(PairStep)
    /// A second Ethernet address on the interface `parent`; `mode` as `MACVLAN_MODE_*`, `mtu` 0 for the parent's.
    case macvlan(parent: String, mode: UInt32, hardwareAddress: [UInt8], mtu: UInt32)
}

/// A pair of virtual Ethernet ends, one outside and one inside.
public struct PairStep: Equatable, Sendable {
    /// The name of the end outside; new for each start, since that of an earlier one goes away a moment after its jail.
    public var host: String
    /// The bridge it is a port of; empty for none.
    public var bridge: String
    /// Its interface group.
    public var group: UInt32
    /// Bytes in a packet; 0 for the kernel's default.
    public var mtu: UInt32
    /// The hardware address inside.
    public var hardwareAddress: [UInt8]
    /// The jail's addresses, fixed in the host's table of neighbours.
    public var neighbours: [[UInt8]]
    /// Addresses of the end outside, where it is no port: the jail's gateways.
    public var gateways: [InterfaceAddressStep]
    /// Whether the jail's addresses are routed to the end outside.
    public var routed: Bool
    /// What may come into the jail, in bytes a second; 0 for all.
    public var ingress: Shape?
    /// What may leave it.
    public var egress: Shape?
    /// The interface whose queue shapes what leaves it, while a rate is set: made with the first, removed with the jail.
    public var queue: String

    /// Makes a pair from all its parts.
    public init(
        host: String,
        bridge: String,
        group: UInt32,
        mtu: UInt32,
        hardwareAddress: [UInt8],
        neighbours: [[UInt8]],
        gateways: [InterfaceAddressStep],
        routed: Bool,
        ingress: Shape?,
        egress: Shape?,
        queue: String
    ) {
        (self.host, self.bridge, self.group, self.mtu) = (host, bridge, group, mtu)
        (self.hardwareAddress, self.neighbours, self.gateways) = (hardwareAddress, neighbours, gateways)
        (self.routed, self.ingress, self.egress, self.queue) = (routed, ingress, egress, queue)
    }
}

/// A token bucket.
public struct Shape: Equatable, Sendable {
    /// The rate.
    public var bytesPerSecond: UInt64
    /// Bytes that may pass at once.
    public var burst: UInt32
    /// Bytes that wait.
    public var queue: UInt32

    /// Makes a bucket.
    public init(bytesPerSecond: UInt64, burst: UInt32, queue: UInt32) {
        (self.bytesPerSecond, self.burst, self.queue) = (bytesPerSecond, burst, queue)
    }
}

/// An address for an interface.
public struct InterfaceAddressStep: Equatable, Sendable {
    /// Four or sixteen bytes.
    public var address: [UInt8]
    /// Length of the network part in bits.
    public var prefix: UInt8

    /// Makes an address.
    public init(_ address: [UInt8], prefix: UInt8) { (self.address, self.prefix) = (address, prefix) }
}

/// What is set on the jail's interface, by its first process.
public struct InterfaceSteps: Equatable, Sendable {
    /// Its name inside.
    public var name: String
    /// Its addresses.
    public var addresses: [InterfaceAddressStep]
    /// Next hops to everywhere, one of each version at most.
    public var gateways: [[UInt8]]

    /// Makes the steps.
    public init(name: String, addresses: [InterfaceAddressStep], gateways: [[UInt8]]) {
        (self.name, self.addresses, self.gateways) = (name, addresses, gateways)
    }
}

/// Addresses that are put on an interface of the host while the jail runs.
public struct HostAddressStep: Equatable, Sendable {
    /// The interface.
    public var interface: String
    /// The addresses; each stands for itself alone.
    public var addresses: [[UInt8]]

    /// Makes the step.
    public init(interface: String, addresses: [[UInt8]]) { (self.interface, self.addresses) = (interface, addresses) }
}

/// Requests to nf_tables, encoded: each list is one transaction.
public struct RuleSteps: Equatable, Sendable {
    /// Lets the jail in.
    public var add: [[UInt8]] = []
    /// Takes it out.
    public var remove: [[UInt8]] = []
    /// Asks for its counters.
    public var count: [[UInt8]] = []

    /// No requests.
    public init() {}
}

/// An eBPF program for a cgroup.
public struct CgroupProgram: Equatable, Sendable {
    /// `BPF_PROG_TYPE_*`.
    public var type: UInt32
    /// `BPF_CGROUP_*`.
    public var attachType: UInt32
    /// What bpftool(8) calls it.
    public var name: String
    /// Instructions of eight bytes.
    public var instructions: [UInt8]
    /// Indices of instructions that load the address of the jail's table of counters.
    public var counterLoads: [UInt32]

    /// Makes a program.
    public init(type: UInt32, attachType: UInt32, name: String, instructions: [UInt8], counterLoads: [UInt32]) {
        (self.type, self.attachType, self.name) = (type, attachType, name)
        (self.instructions, self.counterLoads) = (instructions, counterLoads)
    }
}

/// What is left to do when a jail has ended.
public struct NetworkFinish: Equatable, Sendable {
    /// Where the counters' last values go, as the kernel answers; empty: they are not kept.
    public var trafficFile = ""
    /// Symbolic links that claim addresses; removed with the jail's state.
    public var claims: [String] = []
    /// Where names of jails are written down for those of the same tenant, and which bytes of it are this jail's.
    public var names: NameStep?
    /// Web sites that lead to the jail; nil for none.
    public var sites: SiteStep?
    /// What all jails of the installation use; removed by the last of them.
    public var base: BaseStep?
    /// How much it may transfer, for whoever looks after running jails; the launcher does nothing about it.
    public var transfer: TransferStep?

    /// Nothing.
    public init() {}
}

/// The jail's part of the web proxy's configuration.
public struct SiteStep: Equatable, Sendable {
    /// Held while it changes.
    public var lock: String
    /// The folder of all jails' files.
    public var folder: String
    /// The jail's file in it.
    public var file: String
    /// Where the proxy writes down its process.
    public var processFile: String
    /// The proxy's main file, which its command line names.
    public var configuration: String

    /// Makes the step.
    public init(lock: String, folder: String, file: String, processFile: String, configuration: String) {
        (self.lock, self.folder, self.file) = (lock, folder, file)
        (self.processFile, self.configuration) = (processFile, configuration)
    }
}

/// An allowance of traffic for a period.
public struct TransferStep: Equatable, Sendable {
    /// The quota object in Bailey's table that enforces it.
    public var object: String
    /// How many bytes, both ways together.
    public var bytes: UInt64
    /// `hour`, `day`, `week` or `month`.
    public var period: String
    /// Where it is written down when the period began.
    public var note: String

    /// Makes the step.
    public init(object: String, bytes: UInt64, period: String, note: String) {
        (self.object, self.bytes, self.period, self.note) = (object, bytes, period, note)
    }
}

/// A jail's line in the file of names of its tenant.
public struct NameStep: Equatable, Sendable {
    /// The file.
    public var file: String
    /// Where its line begins.
    public var offset: UInt64
    /// How long it is.
    public var length: UInt64

    /// Makes the step.
    public init(file: String, offset: UInt64, length: UInt64) {
        (self.file, self.offset, self.length) = (file, offset, length)
    }
}

/// Bridges, tables and settings that no single jail owns.
public struct BaseStep: Equatable, Sendable {
    /// Held while it is made or removed.
    public var lock: String
    /// The directory that has an entry, named as the jail, for each jail that uses the base.
    public var jails: String
    /// How the alias of each interface that is removed begins.
    public var alias: String
    /// The request that removes the tables.
    public var remove: [[UInt8]]
    /// Lists kernel parameters to put back, a line `path=value` each; removed afterwards.
    public var parameters: String

    /// Makes the step.
    public init(
        lock: String,
        jails: String,
        alias: String,
        remove: [[UInt8]],
        parameters: String
    ) {
        (self.lock, self.jails, self.alias) = (lock, jails, alias)
        (self.remove, self.parameters) = (remove, parameters)
    }
}
