import Testing

@testable import Cgroups

@Suite struct `Device lists` {
    private let standard = DeviceMachine(DeviceProgram.compile(DeviceRule.standard))

    @Test func `standard devices are open, all others closed`() throws {
        for (major, minor) in [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, 0), (136, 77)]
            as [(UInt32, UInt32)]
        {
            #expect(try standard.allows(.char, major, minor, [.read, .write]))
            #expect(try !standard.allows(.block, major, minor, .read))
        }
        // mem, kmem, kmsg, console, a disk, fuse, tun, hwrng
        for (major, minor) in [(1, 1), (1, 2), (1, 11), (5, 1), (8, 0), (10, 229), (10, 200), (10, 183)]
            as [(UInt32, UInt32)]
        {
            for access in [DeviceRule.Access.make, .read, .write, .everything, []] {
                #expect(try !standard.allows(.char, major, minor, access))
                #expect(try !standard.allows(.block, major, minor, access))
            }
        }
    }

    @Test func `an empty list closes everything`() throws {
        let none = DeviceMachine(DeviceProgram.compile([]))
        #expect(try !none.allows(.char, 1, 3, .read))
        #expect(try !none.allows(.char, 1, 3, []))
    }

    @Test func `access is granted bit by bit`() throws {
        let machine = DeviceMachine(
            DeviceProgram.compile([
                DeviceRule(.block, major: 8, access: .read), DeviceRule(.block, major: 8, minor: 1, access: .write),
                DeviceRule(.all, access: .make),
            ])
        )
        #expect(try machine.allows(.block, 8, 0, .read))
        #expect(try !machine.allows(.block, 8, 0, .write))
        #expect(try machine.allows(.block, 8, 1, [.read, .write]))
        #expect(try machine.allows(.block, 8, 1, .everything))
        #expect(try machine.allows(.char, 200, 9, .make))
        #expect(try !machine.allows(.char, 200, 9, [.make, .read]))
    }

    @Test func `the later rule wins`() throws {
        let machine = DeviceMachine(
            DeviceProgram.compile([
                DeviceRule(.char, major: 1), DeviceRule(.char, major: 1, minor: 1, access: .write, allow: false),
            ])
        )
        #expect(try machine.allows(.char, 1, 1, .read))
        #expect(try !machine.allows(.char, 1, 1, [.read, .write]))
        let open = DeviceMachine(
            DeviceProgram.compile([
                DeviceRule(.char, major: 9, allow: false), DeviceRule(.all), DeviceRule(.block, major: 7, allow: false),
            ])
        )
        #expect(try open.allows(.char, 9, 9, .everything))
        #expect(try !open.allows(.block, 7, 0, .read))
        #expect(try open.allows(.char, 7, 0, .read))
    }

    @Test func `the largest numbers match themselves only`() throws {
        let machine = DeviceMachine(
            DeviceProgram.compile([DeviceRule(.char, major: .max, minor: 1 << 31)])
        )
        #expect(try machine.allows(.char, .max, 1 << 31, .read))
        #expect(try !machine.allows(.char, .max - 1, 1 << 31, .read))
        #expect(try !machine.allows(.char, .max, 1, .read))
    }

    @Test func `programs agree with the rules read one by one`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let rules = (0..<Int.random(in: 0...8, using: &random)).map { _ in rule(&random) }
            let machine = DeviceMachine(DeviceProgram.compile(rules))
            for kind in [DeviceRule.Kind.char, .block] {
                for device in 0..<9 {
                    for bits in UInt8(1)...7 {
                        let (major, minor) = (UInt32(device / 3), UInt32(device % 3))
                        let wanted = DeviceRule.Access(rawValue: bits)
                        let granted = grant(rules, kind, major, minor)
                        #expect(
                            try machine.allows(kind, major, minor, wanted) == wanted.isSubset(of: granted),
                            "\(rules) \(kind) \(major):\(minor) \(wanted)"
                        )
                    }
                }
            }
        }
    }

    private func rule(_ random: inout SystemRandomNumberGenerator) -> DeviceRule {
        let kinds: [DeviceRule.Kind] = [.all, .char, .block]
        return DeviceRule(
            kinds.randomElement(using: &random) ?? .all,
            major: UInt32.random(in: 0...3, using: &random).below(3),
            minor: UInt32.random(in: 0...3, using: &random).below(3),
            access: DeviceRule.Access(rawValue: UInt8.random(in: 1...7, using: &random)),
            allow: Bool.random(using: &random)
        )
    }

    private func grant(
        _ rules: [DeviceRule],
        _ kind: DeviceRule.Kind,
        _ major: UInt32,
        _ minor: UInt32
    ) -> DeviceRule.Access {
        rules.reduce(into: []) { granted, rule in
            guard rule.kind == .all || rule.kind == kind, rule.major ?? major == major, rule.minor ?? minor == minor
            else { return }
            if rule.allow { granted.formUnion(rule.access) } else { granted.subtract(rule.access) }
        }
    }

    private func legacy(_ rules: [DeviceRule]) -> [String]? {
        guard case .success(let lines) = DeviceList(rules).legacyWrites() else { return nil }
        return lines.map { "\($0.file) \($0.value)" }
    }

    @Test func `v1 gets exceptions to a base`() {
        #expect(legacy([]) == ["devices.deny a"])
        #expect(legacy([DeviceRule(.all)]) == ["devices.allow a"])
        #expect(
            legacy([DeviceRule(.all), DeviceRule(.block, major: 8, allow: false)]) == [
                "devices.allow a", "devices.deny b 8:* rwm",
            ]
        )
        // `a` would mean all devices whatever follows, so it is written out.
        #expect(
            legacy([DeviceRule(.all, access: .make)]) == [
                "devices.deny a", "devices.allow c *:* m", "devices.allow b *:* m",
            ]
        )
    }

    @Test func `v1 rules for one device are merged, and one taken back disappears`() {
        let read = DeviceRule(.char, major: 1, minor: 3, access: .read)
        let write = DeviceRule(.char, major: 1, minor: 3, access: .write)
        let back = DeviceRule(.char, major: 1, minor: 3, allow: false)
        #expect(legacy([read, write]) == ["devices.deny a", "devices.allow c 1:3 rw"])
        #expect(legacy([read, write, back]) == ["devices.deny a"])
        #expect(legacy([DeviceRule(.char, major: 2), back]) == ["devices.deny a", "devices.allow c 2:* rwm"])
    }

    @Test func `v1 cannot carve a device out of a wider rule, which the kernel would ignore`() {
        #expect(legacy([DeviceRule(.char, major: 1), DeviceRule(.char, major: 1, minor: 3, allow: false)]) == nil)
        #expect(legacy([DeviceRule(.char, major: 1, minor: 3), DeviceRule(.char, allow: false)]) == nil)
    }
}

extension UInt32 {
    fileprivate func below(_ limit: UInt32) -> UInt32? { self < limit ? self : nil }
}
