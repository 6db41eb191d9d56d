import Launch
import LinuxKernel
import Networking
import Planning
import Profiles

// Web sites by name, between a spec and the proxy.
extension NetworkPreparation {
    /// What the proxy is told of the jail, and what its launcher takes back.
    func prepareSites(_ assignment: inout NetworkAssignment) throws(EngineError) {
        guard let address = assignment.given.addresses.first, let text = IPAddress(bytes: address)?.description else {
            return
        }
        for setting in spec.network.sites {
            let site = setting.value
            assignment.sites.append(
                Site(
                    name: site.name,
                    isSecure: site.isSecure,
                    address: address.count == 16 ? "[\(text)]" : text,
                    port: site.port,
                    certificate: site.isSecure ? try certificate(of: site.name) : nil
                )
            )
        }
        let proxy = engine.networks.proxy
        assignment.siteStep = SiteStep(
            lock: proxy.lockFile,
            folder: proxy.sites,
            file: proxy.file(of: name),
            processFile: proxy.processFile,
            configuration: proxy.configuration
        )
    }

    /// Certificates are the operator's, never the jail's: `/etc/bailey/certificates/shop.example.crt` and `.key`, `_` for `*`.
    private func certificate(of site: String) throws(EngineError) -> (chain: String, key: String) {
        let base =
            "\(engine.layout.configuration)/certificates/\(site.hasPrefix("*") ? "_" + String(site.dropFirst()) : site)"
        for end in [".crt", ".key"] where !Files.exists(base + end) {
            throw .refused(
                "publishing https://\(site): \(base)\(end) is not there: put its certificate and key there, in PEM"
            )
        }
        return (base + ".crt", base + ".key")
    }

    func publish(_ sites: [Site]) throws(EngineError) {
        let names = sites.map(\.name).joined(separator: ", ")
        do throws(SiteProxy.Failure) {
            try engine.networks.proxy.publish(sites, for: name)
        } catch {
            switch error {
            case .missing: throw .refused("publishing \(names): no proxy is installed: apt-get install nginx-light")
            case .taken(let site, let jail):
                throw .refused(
                    "publishing \(site): it is published by jail \(jail): stop that jail, or choose another name"
                )
            case .refused(let words):
                throw .refused("publishing \(names): \(words): ports 80 and 443 of the host are for this proxy alone")
            case .system(let failure): throw .failed(attempt: "publishing \(names)", failure, advice: nil)
            }
        }
    }
}
