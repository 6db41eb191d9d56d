import Glibc
import LinuxKernel

/// The addresses of a network that are given, as symbolic links named by address that lead to their jail's directory.
///
/// Making a link is atomic, so two starts never get one address. A link whose jail is gone altogether is nobody's; it is
/// taken over under a lock. They lie on disk: a jail keeps its address as long as it exists, over reboots too.
public struct AddressClaims: Sendable {
    private let folder: String

    /// Claims below `folder`.
    public init(folder: String) {
        self.folder = folder
    }

    /// Addresses given to a jail, and the links that say so.
    public struct Given: Equatable, Sendable {
        /// One of each version that the network has.
        public var addresses: [[UInt8]]
        /// Their links.
        public var links: [String]
        /// Their place in the ranges.
        public var offset: UInt32
    }

    /// Gives a jail an address of each version, both at the same place of their ranges.
    ///
    /// `jail`: Its name; where it looks first follows from it, so that a jail which comes back mostly finds its old place.
    /// `owner`: The directory that exists as long as the claim holds.
    /// `wanted`: Addresses that it must be; empty for any.
    /// `isTaken`: Whether an address is in use by something else.
    /// - Returns: nil when no place is free.
    public func take(
        in network: NetworkDefinition,
        for jail: String,
        owner: String,
        wanted: [[UInt8]] = [],
        avoiding isTaken: ([UInt8]) -> Bool = { _ in false }
    ) throws(SyscallError) -> Given? {
        let ranges = [network.range4, network.range6].compactMap(\.self)
        guard let count = ranges.map(\.count).min() else { return nil }
        if !wanted.isEmpty {
            guard !wanted.contains(where: isTaken) else { return nil }
            return try take(wanted, ranges, owner)
        }
        for offset in Self.places(jail, count) where !network.isReserved(offset) {
            let addresses = ranges.map { $0.address(at: offset) }
            if addresses.contains(where: isTaken) { continue }
            if let links = try claim(addresses, owner) {
                return Given(addresses: addresses, links: links, offset: offset)
            }
        }
        return nil
    }

    /// Addresses that a jail was given at an earlier start and still has.
    ///
    /// - Returns: nil when there are none, or other ones are wanted now: then they are free.
    public func kept(
        in network: NetworkDefinition,
        by owner: String,
        wanted: [[UInt8]]
    ) throws(SyscallError) -> Given? {
        guard !owner.isEmpty, Files.exists(owner) else { return nil }
        let mine = all().filter { $0.owner == owner }.map(\.address)
        let ranges = [network.range4, network.range6].compactMap(\.self)
        let addresses = ranges.compactMap { range in mine.first { range.offset(of: $0) != nil } }
        guard addresses.count == ranges.count, wanted.allSatisfy(addresses.contains),
            let first = addresses.first, let offset = ranges.first?.offset(of: first)
        else {
            for address in mine { try Files.remove("\(folder)/\(Self.name(address))") }
            return nil
        }
        return Given(addresses: addresses, links: addresses.map { "\(folder)/\(Self.name($0))" }, offset: offset)
    }

    /// Gives these addresses, and of a version that is not among them the one at the same place.
    private func take(_ wanted: [[UInt8]], _ ranges: [AddressRange], _ owner: String) throws(SyscallError) -> Given? {
        let places = wanted.compactMap { address in ranges.compactMap { $0.offset(of: address) }.first }
        guard let offset = places.first else { return nil }
        let others = ranges.filter { range in !wanted.contains { $0.count == range.base.count } }
        let addresses = wanted + others.map { $0.address(at: offset) }
        guard let links = try claim(addresses, owner) else { return nil }
        return Given(addresses: addresses, links: links, offset: offset)
    }

    /// All of them, or none.
    private func claim(_ addresses: [[UInt8]], _ owner: String) throws(SyscallError) -> [String]? {
        var links: [String] = []
        for address in addresses {
            let link = "\(folder)/\(Self.name(address))"
            guard try claim(link, owner) else {
                for link in links { try? Files.remove(link) }
                return nil
            }
            links.append(link)
        }
        return links
    }

    private func claim(_ link: String, _ owner: String) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            try Files.makeLink(link, to: owner)
            return true
        } catch  where error.errno == EEXIST {
            guard let holder = try? Files.readLink(link) else { return false }
            if holder == owner { return true }
            guard !Files.exists(holder) else { return false }
            return try reclaim(link, from: holder, for: owner)
        } catch  where error.errno == ENOENT {
            try Files.makeDirectories(folder, mode: 0o700)
            try Files.makeLink(link, to: owner)
            return true
        }
    }

    /// Under a lock, so that two starts which see the same stale claim do not take it from one another.
    private func reclaim(_ link: String, from holder: String, for owner: String) throws(SyscallError) -> Bool {
        let lock = try Files.open(folder, O_RDONLY | O_DIRECTORY)
        guard try FileLock.take(lock.number, named: folder, wait: true) else { return false }
        guard (try? Files.readLink(link)) == holder, !Files.exists(holder) else { return false }
        try Files.remove(link)
        try Files.makeLink(link, to: owner)
        return true
    }

    /// Lets a claim stand for another directory of the same jail: the one that outlives a stop.
    public func pass(_ links: [String], to owner: String) throws(SyscallError) {
        for link in links {
            let new = "\(link).new"
            try? Files.remove(new)
            try Files.makeLink(new, to: owner)
            try Files.rename(new, to: link)
        }
    }

    /// Frees every address that `owner` holds, for a start that died before it wrote its plan.
    public func releaseAll(of owner: String) {
        for name in (try? Files.list(folder)) ?? [] {
            let link = "\(folder)/\(name)"
            if (try? Files.readLink(link)) == owner { try? Files.remove(link) }
        }
    }

    /// The links that `owner` holds.
    public func links(of owner: String) -> [String] {
        all().filter { $0.owner == owner }.map { "\(folder)/\(Self.name($0.address))" }
    }

    /// Who holds which address.
    public func all() -> [(address: [UInt8], owner: String)] {
        ((try? Files.list(folder)) ?? []).compactMap { name in
            guard let address = Self.address(name), let owner = try? Files.readLink("\(folder)/\(name)") else {
                return nil
            }
            return (address, owner)
        }
    }

    /// An address as hexadecimal digits: one name for each.
    static func name(_ address: [UInt8]) -> String {
        address.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    static func address(_ name: String) -> [UInt8]? {
        let digits = name.compactMap(\.hexDigitValue)
        guard digits.count == name.count, digits.count == 8 || digits.count == 32 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Places in the order in which they are tried: a few of each block that follow from the jail's name, the first block
    /// first, so that few bridges are needed and a search stays short; in the end every one.
    static func places(_ jail: String, _ count: UInt32) -> some Sequence<UInt32> {
        let hash = jail.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let (block, tries) = (min(NetworkDefinition.block, count), 8 as UInt32)
        let blocks = count / block
        let likely = (0..<(blocks * tries)).lazy.map { step in
            let mixed = (hash &+ UInt64(step % tries)) &* 0x9E37_79B9_7F4A_7C15
            return step / tries * block + UInt32(truncatingIfNeeded: mixed >> 40) % block
        }
        return [AnySequence(likely), AnySequence(0..<count)].joined()
    }
}
