/// The eBPF program that stands for a device list on v2 (`BPF_PROG_TYPE_CGROUP_DEVICE`).
///
/// The kernel runs it with a `struct bpf_cgroup_dev_ctx` at each open and mknod of a device node: 1 allows, 0 is
/// `EPERM`. The program collects the granted access bits rule by rule in r0, so that a later rule wins bit by bit, and
/// allows when nothing was asked for that was not granted. Devices are opened rarely; shape matters less than clarity.
///
/// - SeeAlso: linux/bpf.h, `struct bpf_cgroup_dev_ctx`; the kernel's Documentation/bpf/standardization.
public enum DeviceProgram {
    /// Compiles a device list.
    ///
    /// - Parameter rules: On top of "no device at all"; later rules win.
    /// - Returns: Instructions of eight bytes each, in little-endian order, as the hosts Bailey runs on have it.
    public static func compile(_ rules: [DeviceRule]) -> [UInt8] {
        let list = DeviceList(rules)
        var program = prologue(granting: list.allowsByDefault ? .everything : [])
        for rule in list.rules { program += code(for: rule) }
        program += epilogue
        return program.flatMap(\.bytes)
    }

    // r2 kind, r3 requested access, r4 major, r5 minor, r0 granted access
    private static func prologue(granting base: DeviceRule.Access) -> [Instruction] {
        [
            .load(.r3, offset: 0),
            .load(.r4, offset: 4),
            .load(.r5, offset: 8),
            .copy(.r2, .r3),
            .and(.r2, 0xFFFF),
            .shiftRight(.r3, 16),
            // Asking for nothing shall not succeed where everything is denied.
            .jumpUnlessEqual(.r3, 0, over: 1),
            .set(.r3, Int32(DeviceRule.Access.everything.rawValue)),
            .set(.r0, Int32(base.rawValue)),
        ]
    }

    private static func code(for rule: DeviceRule) -> [Instruction] {
        let bits = Int32(rule.access.rawValue)
        let effect: Instruction = rule.allow ? .or(.r0, bits) : .and(.r0, ~bits)
        var code = [effect]
        // Built backwards: each test jumps over all that follows.
        if let minor = rule.minor {
            code.insert(.jumpUnlessEqual(.r5, Int32(bitPattern: minor), over: code.count), at: 0)
        }
        if let major = rule.major {
            code.insert(.jumpUnlessEqual(.r4, Int32(bitPattern: major), over: code.count), at: 0)
        }
        // BPF_DEVCG_DEV_BLOCK is 1, BPF_DEVCG_DEV_CHAR 2; `all` is written out by DeviceList.
        code.insert(.jumpUnlessEqual(.r2, rule.kind == .block ? 1 : 2, over: code.count), at: 0)
        return code
    }

    private static let epilogue: [Instruction] = [
        .xor(.r0, -1),
        .and(.r3, .r0),
        .set(.r0, 0),
        .jumpUnlessEqual(.r3, 0, over: 1),
        .set(.r0, 1),
        .exit,
    ]
}

/// One eBPF instruction: opcode, registers, jump offset, immediate.
private struct Instruction {
    enum Register: UInt8 {
        case r0, r1, r2, r3, r4, r5
    }

    var opcode: UInt8
    var destination: Register = .r0
    var source: Register = .r0
    var offset: Int16 = 0
    var immediate: Int32 = 0

    var bytes: [UInt8] {
        let jump = UInt16(bitPattern: offset)
        let value = UInt32(bitPattern: immediate)
        return [
            opcode, destination.rawValue | source.rawValue << 4, UInt8(jump & 0xFF), UInt8(jump >> 8),
            UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value >> 16 & 0xFF), UInt8(value >> 24),
        ]
    }

    // BPF_LDX | BPF_MEM | BPF_W, from the context in r1
    static func load(_ to: Register, offset: Int16) -> Instruction {
        Instruction(opcode: 0x61, destination: to, source: .r1, offset: offset)
    }
    // BPF_ALU64 | BPF_MOV, register and immediate
    static func copy(_ to: Register, _ from: Register) -> Instruction {
        Instruction(opcode: 0xBF, destination: to, source: from)
    }
    static func set(_ to: Register, _ value: Int32) -> Instruction {
        Instruction(opcode: 0xB7, destination: to, immediate: value)
    }
    static func and(_ to: Register, _ value: Int32) -> Instruction {
        Instruction(opcode: 0x57, destination: to, immediate: value)
    }
    static func and(_ to: Register, _ from: Register) -> Instruction {
        Instruction(opcode: 0x5F, destination: to, source: from)
    }
    static func or(_ to: Register, _ value: Int32) -> Instruction {
        Instruction(opcode: 0x47, destination: to, immediate: value)
    }
    static func xor(_ to: Register, _ value: Int32) -> Instruction {
        Instruction(opcode: 0xA7, destination: to, immediate: value)
    }
    static func shiftRight(_ to: Register, _ value: Int32) -> Instruction {
        Instruction(opcode: 0x77, destination: to, immediate: value)
    }
    // BPF_JMP32 | BPF_JNE (kernel 5.1): a 64-bit compare would extend the sign of numbers above 2^31
    static func jumpUnlessEqual(_ register: Register, _ value: Int32, over count: Int) -> Instruction {
        Instruction(opcode: 0x56, destination: register, offset: Int16(count), immediate: value)
    }
    static let exit = Instruction(opcode: 0x95)
}
