import Cgroups

/// Runs device programs: the few eBPF instructions they are made of, with the checks that the kernel's verifier makes.
struct DeviceMachine {
    enum Fault: Error {
        case size
        case opcode(UInt8)
        case register, jump, load
        case result(UInt64)
    }

    private let code: [UInt8]

    init(_ code: [UInt8]) {
        self.code = code
    }

    /// What the kernel would do when a process asks for `access`.
    func allows(
        _ kind: DeviceRule.Kind,
        _ major: UInt32,
        _ minor: UInt32,
        _ access: DeviceRule.Access
    ) throws -> Bool {
        // struct bpf_cgroup_dev_ctx: BPF_DEVCG_ACC_* << 16 | BPF_DEVCG_DEV_*, major, minor
        let context = [UInt32(access.rawValue) << 16 | (kind == .block ? 1 : 2), major, minor]
        let result = try run(context)
        guard result <= 1 else { throw Fault.result(result) }
        return result == 1
    }

    private func run(_ context: [UInt32]) throws -> UInt64 {
        guard code.count % 8 == 0, !code.isEmpty else { throw Fault.size }
        var registers: [UInt64?] = Array(repeating: nil, count: 6)
        var next = 0
        while next * 8 < code.count {
            let bytes = Array(code[next * 8..<next * 8 + 8])
            let to = Int(bytes[1] & 15)
            let from = Int(bytes[1] >> 4)
            let offset = Int(Int16(bitPattern: UInt16(bytes[2]) | UInt16(bytes[3]) << 8))
            let immediate = Int32(bitPattern: (4..<8).reduce(0) { $0 | UInt32(bytes[$1]) << (8 * ($1 - 4)) })
            let extended = UInt64(bitPattern: Int64(immediate))
            guard to < 6, from < 6 else { throw Fault.register }
            func value(_ register: Int) throws -> UInt64 {
                guard let value = registers[register] else { throw Fault.register }
                return value
            }
            next += 1
            switch bytes[0] {
            case 0x61:  // ldxw to, [r1 + offset]
                guard from == 1, offset % 4 == 0, context.indices.contains(offset / 4) else { throw Fault.load }
                registers[to] = UInt64(context[offset / 4])
            case 0xBF: registers[to] = try value(from)
            case 0xB7: registers[to] = extended
            case 0x57: registers[to] = try value(to) & extended
            case 0x5F: registers[to] = try value(to) & value(from)
            case 0x47: registers[to] = try value(to) | extended
            case 0xA7: registers[to] = try value(to) ^ extended
            case 0x77: registers[to] = try value(to) >> extended
            case 0x56:  // jne32
                guard offset >= 0, next + offset < code.count / 8 else { throw Fault.jump }
                if UInt32(truncatingIfNeeded: try value(to)) != UInt32(bitPattern: immediate) { next += offset }
            case 0x95: return try value(0)
            default: throw Fault.opcode(bytes[0])
            }
        }
        throw Fault.jump
    }
}
