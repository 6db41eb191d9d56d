import Launch
import LinuxKernel

/// Sets the jail's interface up, by its first process in its own network namespace.
enum NetworkInside {
    /// Brings the interface up with its addresses and ways out.
    ///
    /// - Precondition: The launcher has made the link, and the caller still has `CAP_NET_ADMIN` in the jail.
    static func configure(_ steps: InterfaceSteps) throws(SyscallError) {
        let route = try NetlinkSocket(.route)
        let index = try route.interfaceIndex(steps.name)
        var messages = steps.addresses.map {
            AddressMessages.address($0.address, prefix: $0.prefix, index: index)
        }
        messages.append(LinkMessages.bringUp(index))
        messages += steps.gateways.map { AddressMessages.route(to: [], prefix: 0, gateway: $0, index: index) }
        try route.perform(messages)
    }
}
