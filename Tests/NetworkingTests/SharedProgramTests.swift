import Networking
import Testing

/// Runs the programs about IPv4 addresses on a context, as the kernel does.
@Suite("programs of mode shared")
struct SharedProgramTests {
    private static let policy = SharedPolicy(
        addresses: [[203, 0, 113, 5], [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [5]],
        loopback: [[127, 64, 0, 9], [0xFD] + [UInt8](repeating: 0, count: 14) + [9]],
        mayMail: false,
        relays: [[198, 51, 100, 25]],
        closed: [[192, 0, 2, 1]]
    )

    private func program(_ name: String) throws -> SharedProgram {
        try #require(SharedPrograms(Self.policy).all.first { $0.name == "bailey_" + name })
    }

    @Test(
        "bind",
        arguments: [
            ([0, 0, 0, 0], [203, 0, 113, 5], nil), ([127, 0, 0, 1], [127, 64, 0, 9], nil),
            ([203, 0, 113, 5], [203, 0, 113, 5], nil), ([127, 64, 0, 9], [127, 64, 0, 9], nil),
            ([203, 0, 113, 6], nil, -99), ([127, 0, 0, 2], nil, -99), ([224, 0, 0, 251], nil, -99),
        ] as [([UInt8], [UInt8]?, Int32?)]
    )
    func bind(asked: [UInt8], bound: [UInt8]?, refusal: Int32?) throws {
        var machine = AddressMachine(address4: asked, port: 80)
        let result = machine.run(try program("bind4").bytes)
        #expect(result == (bound == nil ? 0 : 3))
        if let bound { #expect(machine.address4 == bound) }
        #expect(machine.refusal == refusal)
    }

    @Test(
        "connect",
        arguments: [
            ([8, 8, 8, 8], 443, [203, 0, 113, 5], nil), ([127, 0, 0, 1], 80, [127, 64, 0, 9], nil),
            ([0, 0, 0, 0], 80, [127, 64, 0, 9], nil), ([127, 0, 0, 53], 53, nil, -111),
            ([192, 0, 2, 1], 22, nil, -111),
            ([8, 8, 8, 8], 25, nil, -1), ([198, 51, 100, 25], 25, [203, 0, 113, 5], nil),
            ([239, 1, 1, 1], 5000, nil, -101), ([255, 255, 255, 255], 67, nil, -101),
        ] as [([UInt8], UInt16, [UInt8]?, Int32?)]
    )
    func connect(asked: [UInt8], port: UInt16, source: [UInt8]?, refusal: Int32?) throws {
        var machine = AddressMachine(address4: asked, port: port)
        let result = machine.run(try program("conn4").bytes)
        #expect(result == (source == nil ? 0 : 1))
        #expect(machine.source == source)
        #expect(machine.refusal == refusal)
    }

    /// The kernel refuses programs with instructions that nothing leads to.
    @Test(arguments: [true, false])
    func `Every instruction can be reached`(mayMail: Bool) {
        var policy = Self.policy
        policy.mayMail = mayMail
        for policy in [policy, Self.withoutVersion6(policy)] {
            for program in SharedPrograms(policy).all {
                let count = program.bytes.count / 8
                var (reached, open) = (Set<Int>(), [0])
                while let index = open.popLast() {
                    guard index < count, reached.insert(index).inserted else { continue }
                    let code = Array(program.bytes[(index * 8)..<(index * 8 + 8)])
                    if code[0] == 0x95 { continue }
                    if code[0] == 0x18 { reached.insert(index + 1) }
                    if code[0] & 7 == 5 || code[0] & 7 == 6, code[0] != 0x85 {
                        open.append(index + 1 + Int(Int16(bitPattern: UInt16(code[2]) | UInt16(code[3]) << 8)))
                    }
                    if code[0] != 0x05 { open.append(index + (code[0] == 0x18 ? 2 : 1)) }
                }
                #expect(reached.count == count, "\(program.name)")
            }
        }
    }

    private static func withoutVersion6(_ policy: SharedPolicy) -> SharedPolicy {
        var policy = policy
        policy.address6 = nil
        return policy
    }

    @Test func `Every program ends on every path, and no jump leaves it`() {
        for program in SharedPrograms(Self.policy).all {
            let count = program.bytes.count / 8
            #expect(count > 2 && count < 4096, "\(program.name)")
            for index in 0..<count {
                let code = Array(program.bytes[(index * 8)..<(index * 8 + 8)])
                let isJump = code[0] & 7 == 5 || code[0] & 7 == 6
                guard isJump, code[0] != 0x85, code[0] != 0x95 else { continue }
                let target = index + 1 + Int(Int16(bitPattern: UInt16(code[2]) | UInt16(code[3]) << 8))
                #expect((0..<count).contains(target), "\(program.name) at \(index)")
            }
            #expect(program.bytes[(count - 1) * 8] == 0x95)
        }
    }
}

/// A machine with the context of `struct bpf_sock_addr`, a stack, and two helpers.
private struct AddressMachine {
    private var context = [UInt8](repeating: 0, count: 72)
    private var stack = [UInt8](repeating: 0, count: 64)
    private(set) var refusal: Int32?
    private(set) var source: [UInt8]?

    init(address4: [UInt8], port: UInt16) {
        context[0] = 2
        context.replaceSubrange(4..<8, with: address4)
        context[24] = UInt8(port >> 8)
        context[25] = UInt8(port & 0xFF)
    }

    var address4: [UInt8] { Array(context[4..<8]) }

    /// Addresses are tagged: the context lies at 1 << 32, the end of the stack at 2 << 32.
    mutating func run(_ bytes: [UInt8]) -> Int64 {
        var registers = [Int64](repeating: 0, count: 11)
        (registers[1], registers[10]) = (1 << 32, 2 << 32)
        var next = 0
        for _ in 0..<10_000 {
            let code = Array(bytes[(next * 8)..<(next * 8 + 8)])
            let (target, from) = (Int(code[1] & 15), Int(code[1] >> 4))
            let offset = Int64(Int16(bitPattern: UInt16(code[2]) | UInt16(code[3]) << 8))
            let number = code[4...].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
            let low = UInt32(truncatingIfNeeded: registers[target])
            next += 1
            switch code[0] {
            case 0xB7: registers[target] = Int64(Int32(bitPattern: number))
            case 0xB4: registers[target] = Int64(number)
            case 0xBF: registers[target] = registers[from]
            case 0x07: registers[target] += Int64(Int32(bitPattern: number))
            case 0x54: registers[target] = Int64(low & number)
            case 0x61: registers[target] = Int64(word(at: registers[from] + offset))
            case 0x63: store(registers[from], at: registers[target] + offset, 4)
            case 0x6B: store(registers[from], at: registers[target] + offset, 2)
            case 0x15: if registers[target] == 0 { next += Int(offset) }
            case 0x7B: store(registers[from], at: registers[target] + offset, 8)
            case 0x05: next += Int(offset)
            case 0x16: if low == number { next += Int(offset) }
            case 0x56: if low != number { next += Int(offset) }
            case 0x36: if low >= number { next += Int(offset) }
            case 0x85: call(number, &registers)
            case 0x95: return registers[0]
            default: return -1
            }
        }
        return -2
    }

    private mutating func call(_ helper: UInt32, _ registers: inout [Int64]) {
        if helper == 187 { refusal = Int32(registers[1]) }
        if helper == 64 {
            let start = 64 + Int(registers[2] - (2 << 32)) + 4
            source = Array(stack[start..<(start + 4)])
        }
        // A listener is found at the own loopback.
        registers[0] = helper == 84 ? 1 : 0
    }

    private func word(at address: Int64) -> UInt32 {
        let bytes = address >= 2 << 31 && address < 3 << 31 ? context : stack
        let start = address < 3 << 31 ? Int(address - (1 << 32)) : 64 + Int(address - (2 << 32))
        return bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private mutating func store(_ value: Int64, at address: Int64, _ count: Int) {
        for index in 0..<count {
            let byte = UInt8(truncatingIfNeeded: value >> Int64(index * 8))
            if address < 3 << 31 {
                context[Int(address - (1 << 32)) + index] = byte
            } else {
                stack[64 + Int(address - (2 << 32)) + index] = byte
            }
        }
    }
}
