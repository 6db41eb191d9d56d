import LinuxKernel
import Networking

/// What stands in the way of networks on this host.
struct NetworkDoctor {
    private let engine: Engine

    init(_ engine: Engine) { self.engine = engine }

    /// Every check, in a stable order.
    func examine() -> [HostCheck] { [tables, forwarding, sockets] + ranges + strangers }

    private var tables: HostCheck {
        do throws(SyscallError) {
            let netfilter = try NetlinkSocket(.netfilter)
            _ = try netfilter.list(Table.listChains())
        } catch {
            return HostCheck(
                name: "nf_tables",
                verdict: .limited,
                found: "\(error)",
                advice: "no bridge and no routed network without it: use a kernel with CONFIG_NF_TABLES, as root"
            )
        }
        let missing = (try? engine.networks.host.isMissing()) ?? false
        return HostCheck(
            name: "nf_tables",
            verdict: missing ? .limited : .ok,
            found: missing ? "Bailey's tables are gone although jails run" : "there",
            advice: missing ? "put them back: bailey network restore" : ""
        )
    }

    private var forwarding: HostCheck {
        let isOn = (try? Files.readText("/proc/sys/net/ipv4/ip_forward")) == "1"
        return HostCheck(
            name: "forwarding",
            verdict: .ok,
            found: isOn ? "on" : "off; the first jail with a network turns it on, for jails alone",
            advice: ""
        )
    }

    private var sockets: HostCheck {
        let scoped = Landlock.version >= Landlock.versionWithScopes
        let tree = FactsAboutCgroups.unifiedTree()
        return HostCheck(
            name: "mode shared",
            verdict: scoped && tree != nil ? .ok : .limited,
            found: tree == nil
                ? "no cgroup version 2 tree" : scoped ? "there" : "without a wall for abstract unix sockets",
            advice: tree == nil
                ? "mount cgroup2 at /sys/fs/cgroup/unified" : scoped ? "" : "Linux 6.12 with Landlock closes them"
        )
    }

    /// Ranges that the host uses for something else.
    private var ranges: [HostCheck] {
        guard let route = try? NetlinkSocket(.route),
            let links = try? route.list(LinkMessages.list()).compactMap(NetworkInterface.init),
            let addresses = try? route.list(AddressMessages.listAddresses()).compactMap(InterfaceAddress.init)
        else { return [] }
        let foreign = addresses.filter { address in
            address.address.first != 127
                && !links.contains { $0.index == address.index && ($0.name == "lo" || InterfaceGroup.isOwn($0.group)) }
        }
        return engine.networks.names().compactMap { name in
            guard let network = try? engine.networks.definition(name), network.kind != .macvlan else { return nil }
            let own = [network.range4, network.range6].compactMap(\.self)
            guard
                let conflict = foreign.first(where: { address in
                    guard let range = AddressRange(address.address, prefix: Int(address.prefix)) else { return false }
                    return network.parent == nil && own.contains { $0.overlaps(range) }
                })
            else { return nil }
            let link = links.first { $0.index == conflict.index }?.name ?? "an interface"
            return HostCheck(
                name: "network \(name)",
                verdict: .limited,
                found: "\(link) has an address in its range",
                advice: "declare other addresses in \(engine.networks.folder)/\(name).yaml"
            )
        }
    }

    /// Chains of others that drop what no rule of theirs accepts: jails' packets must pass them as well.
    private var strangers: [HostCheck] {
        guard let netfilter = try? NetlinkSocket(.netfilter), let replies = try? netfilter.list(Table.listChains())
        else {
            return []
        }
        let own = engine.networks.host.firewall.internet.name
        return ListedChain.all(in: replies).filter { $0.dropsForwarded && $0.table != own }.map { chain in
            HostCheck(
                name: "firewall \(chain.table)",
                verdict: .limited,
                found: "its chain \(chain.name) drops forwarded packets by default",
                advice: "let it accept what comes from and goes to bailey*: see docs/networks.md"
            )
        }
    }
}
