import LinuxKernel

/// Writes an eBPF program instruction by instruction, with labels for jumps.
///
/// An instruction is eight bytes: operation, registers (target in the low four bits, source in the high), a jump distance
/// or offset of sixteen bits, a number of 32. RFC 9669.
struct BPFAssembler {
    /// Registers: r0 takes results, r1 to r5 arguments, r6 to r9 stay over calls, r10 is the end of the stack.
    enum Register: UInt8 {
        case r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10
    }

    /// How much a load or store moves.
    enum Size: UInt8 {
        case word = 0x00
        case half = 0x08
        case byte = 0x10
        case double = 0x18
    }

    /// Functions of the kernel; bpf-helpers(7).
    enum Helper: Int32 {
        case lookUp = 1
        case loadBytes = 26
        case bind = 64
        case findStream = 84
        case release = 86
        case readKernel = 113
        case setResult = 187
    }

    private(set) var instructions: [(operation: UInt8, registers: UInt8, offset: Int16, number: Int32)] = []
    private var labels: [String: Int] = [:]
    private var jumps: [(place: Int, label: String)] = []
    /// Where the table of counters is loaded; its descriptor is put in when the program is.
    private(set) var counterLoads: [UInt32] = []
    private var unique = 0

    private mutating func add(
        _ operation: UInt8,
        _ target: Register,
        _ source: Register,
        _ offset: Int16,
        _ number: Int32
    ) {
        instructions.append((operation, target.rawValue | source.rawValue << 4, offset, number))
    }

    mutating func move(_ target: Register, _ number: Int32) { add(0xB7, target, .r0, 0, number) }
    mutating func move(_ target: Register, _ source: Register) { add(0xBF, target, source, 0, 0) }
    /// A move of 32 bits: the upper half becomes zero.
    mutating func move32(_ target: Register, _ bits: UInt32) { add(0xB4, target, .r0, 0, Int32(bitPattern: bits)) }
    mutating func add(_ target: Register, _ number: Int32) { add(0x07, target, .r0, 0, number) }
    mutating func and32(_ target: Register, _ bits: UInt32) { add(0x54, target, .r0, 0, Int32(bitPattern: bits)) }

    mutating func load(_ size: Size, _ target: Register, _ base: Register, _ offset: Int16) {
        add(0x61 | size.rawValue, target, base, offset, 0)
    }

    mutating func store(_ size: Size, _ base: Register, _ offset: Int16, _ source: Register) {
        add(0x63 | size.rawValue, base, source, offset, 0)
    }

    /// Adds a register to eight bytes in memory, as one step for all processors.
    mutating func addAtomically(_ base: Register, _ offset: Int16, _ source: Register) {
        add(0xDB, base, source, offset, 0)
    }

    mutating func call(_ helper: Helper) { add(0x85, .r0, .r0, 0, helper.rawValue) }
    mutating func exit() { add(0x95, .r0, .r0, 0, 0) }

    /// Loads the address of the table of counters.
    mutating func loadCounters(_ target: Register) {
        counterLoads.append(UInt32(instructions.count))
        add(0x18, target, .r1, 0, 0)  // BPF_PSEUDO_MAP_FD as source
        instructions.append((0, 0, 0, 0))
    }

    mutating func jump(_ label: String) { jumpIf(0x05, .r0, 0, label) }
    mutating func jump(ifEqual register: Register, _ bits: UInt32, _ label: String) {
        jumpIf(0x16, register, bits, label)
    }
    mutating func jump(ifNotEqual register: Register, _ bits: UInt32, _ label: String) {
        jumpIf(0x56, register, bits, label)
    }
    mutating func jump(ifAtLeast register: Register, _ bits: UInt32, _ label: String) {
        jumpIf(0x36, register, bits, label)
    }

    /// In all 64 bits, as a pointer has them.
    mutating func jump(ifZero register: Register, _ label: String) { jumpIf(0x15, register, 0, label) }

    private mutating func jumpIf(_ operation: UInt8, _ register: Register, _ bits: UInt32, _ label: String) {
        jumps.append((instructions.count, label))
        add(operation, register, .r0, 0, Int32(bitPattern: bits))
    }

    mutating func label(_ name: String) { labels[name] = instructions.count }

    /// A label that no other part of the program has.
    mutating func newLabel() -> String {
        unique += 1
        return "local\(unique)"
    }

    /// The program's bytes.
    ///
    /// - Precondition: Every label that is jumped to was set.
    var bytes: [UInt8] {
        var code = instructions
        for jump in jumps {
            guard let target = labels[jump.label] else { return [] }
            code[jump.place].offset = Int16(target - jump.place - 1)
        }
        return code.flatMap { instruction in
            [instruction.operation, instruction.registers]
                + UInt32(UInt16(bitPattern: instruction.offset)).hostBytes.prefix(2)
                + UInt32(bitPattern: instruction.number).hostBytes
        }
    }
}
