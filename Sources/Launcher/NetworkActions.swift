import Glibc
import Launch
import LinuxKernel

/// Connects a jail from outside, and takes what was made away again.
enum NetworkActions {
    /// Makes link, addresses and rules, in this order: no packet passes before its rule stands.
    ///
    /// `process`: The jail's first process, which is in the jail's network namespace and does nothing there yet.
    /// - Throws: The first failure; ``undo(_:)`` removes what was made.
    static func make(_ steps: NetworkSteps, for process: ProcessID) throws(SyscallError) {
        if !steps.rules.add.isEmpty {
            let netfilter = try NetlinkSocket(.netfilter)
            try netfilter.transact(messages(steps.rules.add))
        }
        guard steps.link != nil || !steps.hostAddresses.isEmpty else { return }
        let route = try NetlinkSocket(.route)
        for step in steps.hostAddresses { try take(step, route) }
        switch steps.link {
        case .pair(let pair): try make(pair, process, route)
        case .macvlan(let parent, let mode, let hardwareAddress, let mtu):
            let link = LinkMessages.newMacvlan(
                parent: try route.interfaceIndex(parent),
                mode: mode,
                there: "eth0",
                hardwareAddress: hardwareAddress,
                mtu: mtu == 0 ? nil : mtu,
                process: process
            )
            try route.perform([link])
        case nil: return
        }
    }

    private static func make(
        _ pair: PairStep,
        _ process: ProcessID,
        _ route: borrowing NetlinkSocket
    ) throws(SyscallError) {
        let bridge = pair.bridge.isEmpty ? nil : try route.interfaceIndex(pair.bridge)
        let link = LinkMessages.newPair(
            pair.host,
            groupNumber: pair.group,
            bridge: bridge,
            mtu: pair.mtu == 0 ? nil : pair.mtu,
            there: "eth0",
            hardwareAddress: pair.hardwareAddress,
            process: process
        )
        try route.perform([link])
        let index = try route.interfaceIndex(pair.host)
        var messages: [NetlinkMessage] = []
        if bridge != nil {
            messages.append(LinkMessages.confinePort(index, filtered: bridgedPacketsAreFiltered))
            messages.append(AddressMessages.forwarding(pair.hardwareAddress, port: index))
        }
        for gateway in pair.gateways {
            messages.append(AddressMessages.address(gateway.address, prefix: gateway.prefix, index: index))
        }
        for address in pair.neighbours {
            if pair.routed {
                messages.append(AddressMessages.route(to: address, prefix: UInt8(address.count * 8), index: index))
            }
            messages.append(
                AddressMessages.neighbour(address, hardwareAddress: pair.hardwareAddress, index: bridge ?? index)
            )
        }
        try route.perform(messages)
        if let ingress = pair.ingress { try LinkShaping.setIngress(ingress, index, route) }
        if let egress = pair.egress { try LinkShaping.setEgress(egress, pair.queue, index, route) }
    }

    /// What br_netfilter says of this network namespace; it is loaded where docker or Kubernetes run.
    private static var bridgedPacketsAreFiltered: Bool {
        ["iptables", "ip6tables"].contains { tables in
            (try? Files.readText("/proc/sys/net/bridge/bridge-nf-call-\(tables)")) == "1"
        }
    }

    private static func take(_ step: HostAddressStep, _ route: borrowing NetlinkSocket) throws(SyscallError) {
        let index = try route.interfaceIndex(step.interface)
        try route.perform(
            step.addresses.map { AddressMessages.address($0, prefix: UInt8($0.count * 8), index: index) }
        )
    }

    static func messages(_ list: [[UInt8]]) -> [NetlinkMessage] {
        list.compactMap { NetlinkMessage(raw: $0, subject: "nf_tables: rules of the jail") }
    }
}
