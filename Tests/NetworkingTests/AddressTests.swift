import Foundation
import LinuxKernel
import Networking
import Testing

@Suite("addresses of a network")
struct AddressTests {
    @Test func `A range counts from its first address, and knows its places`() throws {
        let range = try #require(AddressRange([10, 107, 3, 9], prefix: 16))
        #expect(range.base == [10, 107, 0, 0] && range.count == 65536)
        #expect(range.address(at: 1025) == [10, 107, 4, 1])
        #expect(range.offset(of: [10, 107, 4, 1]) == 1025)
        #expect(range.offset(of: [10, 108, 0, 1]) == nil)
        let six = try #require(AddressRange([0xFD] + [UInt8](repeating: 0, count: 15), prefix: 64))
        #expect(six.count == 1 << 24)
        #expect(six.address(at: 0x01_0203).suffix(3) == [1, 2, 3])
        #expect(six.offset(of: six.address(at: 77)) == 77)
        #expect(six.offset(of: [0xFD] + [UInt8](repeating: 0, count: 7) + [1] + [UInt8](repeating: 0, count: 7)) == nil)
    }

    @Test func `Ranges overlap when one lies in the other`() throws {
        let wide = try #require(AddressRange([10, 0, 0, 0], prefix: 8))
        let inside = try #require(AddressRange([10, 107, 0, 0], prefix: 16))
        let beside = try #require(AddressRange([11, 0, 0, 0], prefix: 16))
        #expect(wide.overlaps(inside) && inside.overlaps(wide) && !beside.overlaps(inside))
    }

    @Test func `No address is given twice, whatever dies in between`() throws {
        try withFolder { folder in
            let network = try #require(Self.network(prefix: 25))
            let claims = AddressClaims(folder: folder + "/claims")
            var holders: [[UInt8]: String] = [:]
            var random = Xorshift(state: 88_172_645_463_325_252)
            for round in 0..<600 {
                let jail = "\(folder)/jail\(round)"
                try Files.makeDirectory(jail)
                if let given = try claims.take(in: network, for: "jail\(round)", owner: jail) {
                    for address in given.addresses {
                        let holder = holders[address]
                        #expect(holder == nil || !Files.exists(holder ?? ""), "\(address) of \(holder ?? "")")
                        holders[address] = jail
                    }
                }
                // A jail that goes: in order, or with its claims left behind as after a crash.
                let victim = "\(folder)/jail\(random.next() % UInt64(round + 1))"
                if Files.exists(victim) {
                    if random.next() % 2 == 0 { claims.releaseAll(of: victim) }
                    try Files.removeDirectory(victim)
                }
            }
            #expect(holders.count > 100)
        }
    }

    @Test func `Starts at the same moment get different addresses`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/claims-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Files.makeDirectory(folder)
        let network = try #require(Self.network(prefix: 24))
        let given = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for task in 0..<8 {
                group.addTask {
                    try (0..<20).compactMap { round in
                        let claims = AddressClaims(folder: folder + "/claims")
                        let owner = "\(folder)/\(task)-\(round)"
                        try Files.makeDirectory(owner)
                        return try claims.take(in: network, for: "same", owner: owner)?.addresses[0]
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(given.count == 160)
        #expect(Set(given).count == given.count)
    }

    @Test func `A full network gives none, and a fixed address goes to one jail`() throws {
        try withFolder { folder in
            let network = try #require(Self.network(prefix: 29))
            let claims = AddressClaims(folder: folder + "/claims")
            for jail in ["a", "b"] { try Files.makeDirectory("\(folder)/\(jail)") }
            let wanted: [[UInt8]] = [[192, 0, 2, 4]]
            #expect(try claims.take(in: network, for: "a", owner: folder + "/a", wanted: wanted)?.addresses == wanted)
            #expect(try claims.take(in: network, for: "b", owner: folder + "/b", wanted: wanted) == nil)
            #expect(try claims.take(in: network, for: "b", owner: folder + "/b", wanted: [[10, 0, 0, 1]]) == nil)
            // Eight addresses, of which the first, the last and the one just given are not to be had.
            for _ in 0..<5 {
                let owner = "\(folder)/\(UUID().uuidString)"
                try Files.makeDirectory(owner)
                #expect(try claims.take(in: network, for: "c", owner: owner) != nil)
            }
            #expect(try claims.take(in: network, for: "d", owner: folder + "/b") == nil)
        }
    }

    @Test func `A bridge's own addresses and the ends of its block are nobody's`() throws {
        let network = try #require(NetworkDefinition.builtIn("default", seed: [1]))
        for offset: UInt32 in [0, 1, 1023, 1024, 1025, 2047] { #expect(network.isReserved(offset)) }
        #expect(!network.isReserved(2) && !network.isReserved(1026))
        #expect(network.bridgeName(for: 5) == "bailey0" && network.bridgeName(for: 1030) == "bailey1")
    }

    @Test func `Tenants have different numbers, and keep them`() throws {
        try withFolder { folder in
            let numbers = TenantNumbers(folder: folder + "/tenants")
            var seen: [UInt32: String] = [:]
            for index in 0..<500 {
                let number = try numbers.number(of: "tenant\(index)")
                #expect(seen[number] == nil)
                seen[number] = "tenant\(index)"
            }
            for (number, tenant) in seen { #expect(try numbers.number(of: tenant) == number) }
        }
    }

    private static func network(prefix: Int) -> NetworkDefinition? {
        AddressRange([192, 0, 2, 0], prefix: prefix).map {
            NetworkDefinition(name: "test", kind: .routed, range4: $0, range6: nil, translated: false)
        }
    }
}

/// A generator that repeats its numbers.
private struct Xorshift {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/network-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}
