import Launch
import Launcher
import LinuxKernel
import Planning
import Profiles

extension Engine {
    /// Changes rates of a running jail's link.
    ///
    /// `ingress`, `egress`: The new rate; nil leaves the direction as it is.
    /// - Throws: ``EngineError``; one of both rates may have been changed.
    public func reshape(
        _ name: String,
        ingress: Limit<BitRate>?,
        egress: Limit<BitRate>?
    ) throws(EngineError) {
        let record = try JailListing(self).running(name)
        guard case .pair(let pair) = record.plan.network.link else {
            // Nothing holds it, and nothing is to hold it.
            if ingress?.amount == nil, egress?.amount == nil { return }
            throw .refused(
                "changing the rates of \(name): mode \(record.plan.network.mode) has no link to hold: use bridge or routed"
            )
        }
        try attempting("changing the rates of \(name)") { () throws(SyscallError) in
            if let ingress { try LinkShaping.change(pair, ingress: LinkRate.shape(ingress)) }
            if let egress { try LinkShaping.change(pair, egress: LinkRate.shape(egress)) }
        }
    }

    /// Changes the rates of a running jail's link to those of a spec; one that it does not name is lifted.
    public func reshape(_ name: String, to spec: JailSpec) throws(EngineError) {
        let traffic = spec.resources.network
        try reshape(
            name,
            ingress: traffic.ingress?.value ?? .unlimited,
            egress: traffic.egress?.value ?? .unlimited
        )
    }
}
