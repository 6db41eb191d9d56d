import LinuxKernel
import Networking
import Profiles
import Storage

extension Engine {
    /// Where networks are declared and what is claimed in them.
    public var networks: NetworkPlaces { NetworkPlaces(layout) }
}

/// Networks of an installation: their files, claims and runtime state.
public struct NetworkPlaces: Sendable {
    private let layout: StateLayout

    init(_ layout: StateLayout) { self.layout = layout }

    /// Where networks are declared, one file each.
    public var folder: String { layout.configuration + "/networks" }

    /// Addresses given in a network.
    public func claims(of network: NetworkDefinition) -> AddressClaims {
        AddressClaims(folder: "\(layout.library)/networks/\(network.name)/addresses")
    }

    /// Numbers of tenants in a network.
    public func tenants(of network: NetworkDefinition) -> TenantNumbers {
        TenantNumbers(folder: "\(layout.library)/networks/tenants/\(network.name)")
    }

    /// The file of names that jails of a tenant in a network share.
    public func names(of network: NetworkDefinition, tenant: String) -> NameFile {
        NameFile(path: "\(layout.runtime)/networks/names/\(network.name)/\(tenant)")
    }

    /// What all jails with a network use on this host.
    public var host: HostNetwork {
        HostNetwork(tableName: layout.cgroupRoot, folder: "\(layout.runtime)/networks")
    }

    /// The web proxy that leads names to jails.
    public var proxy: SiteProxy { SiteProxy(folder: "\(layout.runtime)/networks/proxy") }

    /// How interfaces of this installation are marked in their alias.
    public var alias: String { "\(layout.cgroupRoot) network " }

    /// Lets every address of one directory stand for another, as when a jail is renamed.
    func passClaims(from old: String, to new: String) throws(SyscallError) {
        for name in (try? Files.list("\(layout.library)/networks")) ?? [] {
            let claims = AddressClaims(folder: "\(layout.library)/networks/\(name)/addresses")
            try claims.pass(claims.links(of: old), to: new)
        }
    }

    /// Addresses of jails in all networks, whether they run or not.
    func claimed() -> Set<[UInt8]> {
        let networks = (try? Files.list("\(layout.library)/networks")) ?? []
        return Set(
            networks.flatMap { name in
                AddressClaims(folder: "\(layout.library)/networks/\(name)/addresses").all()
                    .filter { Files.exists($0.owner) }.map(\.address)
            }
        )
    }

    /// Frees what a start claimed that came no further than `record`.
    func release(_ record: String, _ jail: String) {
        for name in (try? Files.list("\(layout.library)/networks")) ?? [] {
            AddressClaims(folder: "\(layout.library)/networks/\(name)/addresses").releaseAll(of: record)
        }
        for network in (try? Files.list("\(layout.runtime)/networks/names")) ?? [] {
            let folder = "\(layout.runtime)/networks/names/\(network)"
            for tenant in (try? Files.list(folder)) ?? [] { try? NameFile(path: "\(folder)/\(tenant)").remove(jail) }
        }
        host.leave(jail)
    }

    /// Names of all networks: declared and built in.
    public func names() -> [String] {
        let files = ((try? Files.list(folder)) ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
        return Set(files + NetworkDefinition.builtInNames).sorted()
    }

    /// A network by name: a file's, else a built-in one.
    ///
    /// Without a file nothing of YAML is read.
    public func definition(_ name: String) throws(EngineError) -> NetworkDefinition {
        let file = "\(folder)/\(name).yaml"
        if Files.exists(file) { return try read(file, name) }
        let seed = (try? Files.readBytes("/etc/machine-id")) ?? []
        if let network = NetworkDefinition.builtIn(name, seed: seed) { return network }
        let near = names().first { NearName.isNear($0, name) }
        throw .refused(
            "no network is called \(name)" + (near.map { ": did you mean \($0)?" } ?? ": declare it in \(file)")
        )
    }

    private func read(_ path: String, _ name: String) throws(EngineError) -> NetworkDefinition {
        let text = try attempting("reading network \(name)") { () throws(SyscallError) in try Files.readText(path) }
        let file = NetworkFile(file: path, text: text)
        guard !file.findings.hasErrors else { throw .invalid(file.findings) }
        guard name.utf8.count <= 9, let kind = NetworkDefinition.Kind(rawValue: file.mode.rawValue) else {
            throw .refused(
                "reading network \(name): names of networks have at most 9 letters, for their interfaces: rename \(path)"
            )
        }
        func range(_ isVersion6: Bool) -> AddressRange? {
            file.ranges.first { $0.address.isVersion6 == isVersion6 }
                .flatMap { AddressRange($0.address.bytes, prefix: $0.prefix) }
        }
        var network = NetworkDefinition(
            name: name,
            kind: kind,
            range4: range(false),
            range6: range(true),
            translated: file.translated ?? (kind == .bridge),
            mtu: file.mtu.map { UInt32($0) },
            parent: file.parent ?? (kind == .shared ? "lo" : nil)
        )
        network.gateways = file.gateways.map(\.bytes)
        network.services = file.services.map { service in
            NetworkDefinition.Service(transport: service.transport.number, port: service.port)
        }
        return network
    }
}

extension PublishedPort.Transport {
    /// `IPPROTO_*`.
    var number: UInt8 {
        switch self {
        case .tcp: 6
        case .udp: 17
        case .sctp: 132
        }
    }
}
