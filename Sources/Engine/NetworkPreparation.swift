import Glibc
import Launch
import LinuxKernel
import Networking
import Planning
import Profiles
import Storage

/// Claims what a jail needs in its network before it is planned, and brings the host's part up before it starts.
struct NetworkPreparation {
    let engine: Engine
    let name: String
    let spec: JailSpec
    private let starts: Bool

    /// A jail that is only made, and not started, claims its addresses but shows nowhere yet.
    init(_ engine: Engine, _ name: String, _ request: JailRequest) {
        (self.engine, self.name, spec) = (engine, name, request.spec)
        starts = request.standing != .created
    }

    // MARK: claiming

    /// Claims addresses for the record `owner`.
    ///
    /// - Returns: nil for modes without a network of their own.
    func assign(owner: String, stateDirectory: String) throws(EngineError) -> NetworkAssignment? {
        guard let network = try definition() else { return nil }
        let places = engine.networks
        let claims = places.claims(of: network)
        let foreign = network.isOnHostsWire ? try hostAddresses() : []
        let given = try attempting("claiming an address in network \(network.name)") {
            () throws(SyscallError) -> AddressClaims.Given? in
            if let kept = try claims.kept(in: network, by: stateDirectory, wanted: wanted()) { return kept }
            return try claims.take(in: network, for: name, owner: owner, wanted: wanted()) { foreign.contains($0) }
        }
        guard let given else { throw .refused(noAddress(network)) }
        let host = places.host
        let tenant = spec.tenant?.value ?? "default"
        let group = try attempting("numbering the tenant \(tenant)") { () throws(SyscallError) in
            try places.tenants(of: network).number(of: tenant)
        }
        var assignment = NetworkAssignment(
            network: network,
            given: given,
            group: group,
            link: "v"
                + String(UInt64(Events.now()) << 8 | UInt64(UInt32(bitPattern: Processes.current)) & 0xFF, radix: 36)
                .suffix(11),
            firewall: host.firewall
        )
        if !stateDirectory.isEmpty {
            assignment.trafficFile = stateDirectory + "/traffic"
            assignment.counters = TrafficRecord(file: assignment.trafficFile).counters
            assignment.consumed = try consumed(assignment.counters, stateDirectory)
            assignment.transferNote = TransferPeriod.note(in: stateDirectory)
        }
        if starts { assignment.names = try announce(network, given, tenant) }
        if network.kind == .shared { try share(&assignment, owner) }
        assignment.base = base(network)
        if starts, !spec.network.sites.isEmpty { try prepareSites(&assignment) }
        assignment.addressSets = try AddressSets(folder: engine.layout.configuration + "/addresses").resolve(spec)
        return assignment
    }

    /// Lets the tenant's other jails in the network find this one by name.
    private func announce(
        _ network: NetworkDefinition,
        _ given: AddressClaims.Given,
        _ tenant: String
    ) throws(EngineError) -> NameStep {
        let file = engine.networks.names(of: network, tenant: tenant)
        let host = spec.effectiveHostname?.value ?? name
        let texts = given.addresses.compactMap { IPAddress(bytes: $0)?.description }
        return try attempting("announcing \(name) to its tenant's jails") { () throws(SyscallError) in
            let slot = try file.add(texts, names: host == name ? [name] : [name, host])
            return NameStep(file: file.path, offset: slot.offset, length: slot.length)
        }
    }

    /// Notes where the counters stood when the period began, as soon as there is a directory for it.
    func beginTransfer(_ assignment: NetworkAssignment, _ stateDirectory: String) throws(EngineError) {
        _ = try consumed(assignment.counters, stateDirectory)
    }

    private func consumed(_ counters: [TrafficCounter], _ stateDirectory: String) throws(EngineError) -> UInt64 {
        guard let allowance = spec.resources.network.transfer?.value.amount, Files.exists(stateDirectory) else {
            return 0
        }
        let total = counters.filter { $0.set.hasSuffix("_outside") }.reduce(0) { $0 + $1.bytes }
        return try attempting("reading how much \(name) has transferred") { () throws(SyscallError) in
            let now = Events.now(CLOCK_REALTIME) / 1_000_000_000
            return try TransferPeriod(stateDirectory: stateDirectory).consumed(of: allowance, total: total, now: now)
        }
    }

    private func wanted() -> [[UInt8]] {
        (spec.network.addresses?.value ?? []).compactMap { wanted in
            if case .fixed(let address, _) = wanted { return address.bytes }
            return nil
        }
    }

    private func noAddress(_ network: NetworkDefinition) -> String {
        let text = spec.network.addresses?.value.map(\.description).joined(separator: ", ") ?? "auto"
        return wanted().isEmpty
            ? "claiming an address in network \(network.name): all are in use: remove jails, or give the network a larger range"
            : "claiming \(text) in network \(network.name): it is in use or not in its range: see bailey network inspect \(network.name)"
    }

    /// The network that the spec means.
    func definition() throws(EngineError) -> NetworkDefinition? {
        let mode = spec.effectiveNetworkMode.value
        guard mode != .none, mode != .host else { return nil }
        if let name = spec.network.name { return try engine.networks.definition(name.value) }
        switch mode {
        case .bridge: return try engine.networks.definition("default")
        case .routed, .shared: return try engine.networks.definition(mode.rawValue)
        default:
            throw .refused(
                "connecting \(name): macvlan stands on an interface of the host: declare a network in \(engine.networks.folder)/NAME.yaml and name it with --network NAME"
            )
        }
    }

    /// Loopback addresses of its own, the cgroup for its programs, and which addresses are the host's alone.
    private func share(_ assignment: inout NetworkAssignment, _ owner: String) throws(EngineError) {
        let loopback = SharedPolicy.loopbackNetwork
        let own = try attempting("claiming a loopback address") { () throws(SyscallError) in
            try engine.networks.claims(of: loopback).take(in: loopback, for: name, owner: owner)
        }
        guard let own else { throw .refused("claiming a loopback address: all are in use: stop some jails") }
        assignment.loopback = own.addresses
        assignment.given.links += own.links
        assignment.closed = try hostAddresses()
        guard assignment.closed.count <= 64 else {
            throw .refused(
                "connecting \(name): the host has \(assignment.closed.count) addresses of its own: shared mode closes at most 64"
            )
        }
        let group = "\(engine.layout.cgroupRoot)/\(spec.tenant?.value ?? "default")/\(name)"
        guard let top = FactsAboutCgroups.unifiedTree() else {
            throw .refused(
                "connecting \(name): shared mode hangs its programs on cgroup version 2: mount it, or use bridge"
            )
        }
        assignment.programDirectory = "\(top)/\(group)"
    }

    /// Addresses of the host that are no jail's: its own, without loopback and link-local ones.
    private func hostAddresses() throws(EngineError) -> [[UInt8]] {
        let jails = engine.networks.claimed()
        let all = try attempting("listing the host's addresses") { () throws(SyscallError) in
            try NetlinkSocket(.route).list(AddressMessages.listAddresses()).compactMap(InterfaceAddress.init)
        }
        return all.map(\.address).filter { address in
            !jails.contains(address) && address.first != 127
                && !SharedPolicy.loopbackNetwork.isIn(address) && !address.starts(with: [0xFE, 0x80])
        }
    }

    // MARK: making

    /// Brings up what all jails use, under its lock, and writes down that this one does.
    func bringUp(_ assignment: NetworkAssignment) throws(EngineError) {
        if !assignment.sites.isEmpty { try publish(assignment.sites) }
        guard assignment.network.kind == .bridge || assignment.network.kind == .routed else { return }
        _ = try attempting(
            "bringing up network \(assignment.network.name)",
            advice: "bailey doctor says what is in the way"
        ) { () throws(SyscallError) in
            try engine.networks.host.ensure(
                for: name,
                bridge: assignment.network.kind == .bridge ? bridge(assignment.network, assignment.given.offset) : nil,
                services: assignment.network.services
            ) { JailListing(engine).runningNetworkRules(except: name) }
        }
    }

    private func bridge(_ network: NetworkDefinition, _ offset: UInt32) -> HostNetwork.Bridge {
        let first = offset / NetworkDefinition.block * NetworkDefinition.block
        var addresses: [(address: [UInt8], prefix: UInt8)] = []
        if let range = network.range4 {
            addresses.append((range.address(at: first + 1), UInt8(max(22, range.prefix))))
        }
        if let range = network.range6 {
            addresses.append((range.address(at: first + 1), UInt8(max(118, range.prefix))))
        }
        return HostNetwork.Bridge(
            name: network.bridgeName(for: offset),
            addresses: addresses,
            mtu: network.mtu,
            alias: "\(engine.networks.alias)\(network.name)"
        )
    }

    /// What the last jail removes; forwarding is put back if it was off before the first.
    func base(_ network: NetworkDefinition) -> NetworkAssignment.BasePlaces? {
        guard network.kind == .bridge || network.kind == .routed else { return nil }
        let host = engine.networks.host
        return NetworkAssignment.BasePlaces(
            lock: host.lockFile,
            users: host.users,
            alias: engine.networks.alias,
            parameters: host.transitMark
        )
    }
}

extension NetworkDefinition {
    /// Whether its range is the one that the host and its neighbours have addresses from.
    fileprivate var isOnHostsWire: Bool { kind == .macvlan || kind == .shared && parent != "lo" }

    fileprivate func isIn(_ address: [UInt8]) -> Bool {
        range4?.contains(address) ?? false || range6?.contains(address) ?? false
    }
}
