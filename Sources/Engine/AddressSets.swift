import LinuxKernel
import Networking
import Profiles

/// Addresses that rules mean by a name: `allow tcp @office 22` is every address in `/etc/bailey/addresses/office`.
///
/// A file has an address or a network a line; `#` begins a comment. What it says counts from a jail's next start on.
struct AddressSets {
    private let folder: String

    /// A rule becomes one of nf_tables for each of these.
    static let mostAddresses = 4096

    /// Sets in the files of `folder`.
    init(folder: String) { self.folder = folder }

    /// The sets that a spec's rules name.
    ///
    /// - Throws: ``EngineError`` for a set without a file, or a line that is no address.
    func resolve(_ spec: JailSpec) throws(EngineError) -> [String: [TrafficFilter.Network]] {
        let rules = (spec.network.egressRules?.value ?? []) + (spec.network.ingressRules?.value ?? [])
        var sets: [String: [TrafficFilter.Network]] = [:]
        for name in rules.compactMap(\.set) where sets[name] == nil { sets[name] = try read(name) }
        return sets
    }

    private func read(_ name: String) throws(EngineError) -> [TrafficFilter.Network] {
        let file = "\(folder)/\(name)"
        guard Files.exists(file) else {
            throw .refused("reading the addresses of @\(name): \(file) is not there: write an address a line into it")
        }
        let text = try attempting("reading the addresses of @\(name)") { () throws(SyscallError) in
            try Files.readText(file)
        }
        var networks: [TrafficFilter.Network] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let word = words.first else { continue }
            guard words.count == 1, let network = Self.network(String(word)) else {
                throw .refused(
                    "reading the addresses of @\(name): \(file):\(number + 1) is not an address or a network: write 192.0.2.0/24"
                )
            }
            networks.append(network)
        }
        guard networks.count <= Self.mostAddresses else {
            throw .refused(
                "reading the addresses of @\(name): \(networks.count) are too many: write networks, at most \(Self.mostAddresses)"
            )
        }
        return networks
    }

    private static func network(_ text: String) -> TrafficFilter.Network? {
        guard case .fixed(let address, let prefix)? = try? NetworkAddress(parsing: text) else { return nil }
        return TrafficFilter.Network(address: address.bytes, prefix: prefix ?? address.bytes.count * 8)
    }
}
