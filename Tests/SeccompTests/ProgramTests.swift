import Testing

@testable import Seccomp

struct ProgramTests {
    // When this fails because the compiler was changed on purpose: raise SeccompCompiler.version, so that programs made
    // by the older compiler are not taken from a cache, and put both here.
    @Test
    func `a small policy becomes these instructions`() throws {
        let policy = try standalone(
            """
                - allow: [read, write, open, close, exit_group]
                - allow: [ioctl]
                  when: { argument: 1, mask: 0xffff0000ffff, greaterOrEqual: 0x100005401 }
                - kill: [ptrace]
            """,
            architectures: "[x86_64]"
        )
        let program = try SeccompCompiler.compile(policy, capabilities: 0)
        #expect("version \(SeccompCompiler.version)\n\(program.disassembly)" == Self.golden)
    }

    private static let golden = """
        version 1
        0000: load architecture
        0001: if == 0xc000003e go to 0002 else 0021
        0002: load number
        0003: if >= 0x65 go to 0014 else 0004
        0004: if >= 0x10 go to 0006 else 0005
        0005: if >= 0x4 go to 0019 else 0017
        0006: if == 0x10 go to 0007 else 0019
        0007: load argument 1 high
        0008: and 0xffff
        0009: if > 0x1 go to 0017 else 0010
        0010: if == 0x1 go to 0011 else 0019
        0011: load argument 1 low
        0012: and 0xffff
        0013: if >= 0x5401 go to 0017 else 0019
        0014: if >= 0xe7 go to 0016 else 0015
        0015: if == 0x65 go to 0021 else 0019
        0016: if >= 0xe8 go to 0018 else 0017
        0017: return allow
        0018: if >= 0x1d8 go to 0020 else 0019
        0019: return errno EPERM
        0020: return errno ENOSYS
        0021: return kill
        """

    @Test
    func `bytes lead back to the program, and changed bytes to none or to another`() throws {
        let program = try SeccompCompiler.compile(shipped.load("default"), capabilities: 0)
        let bytes = program.bytes
        #expect(bytes.count == program.instructions.count * 8)
        #expect(SeccompProgram(bytes: bytes) == program)
        #expect(SeccompProgram(bytes: Array(bytes.dropLast())) == nil)
        #expect(SeccompProgram(bytes: Array(bytes.dropLast(8))) != program)
        #expect(SeccompProgram(bytes: []) == nil)
    }

    private static let ret = BPFInstruction(code: BPFCode.returnValue, k: 0x7FFF_0000)

    @Test(arguments: [
        ([], BPFFault.length(0)),
        ([BPFInstruction(code: 0x20, k: 0)], .end),
        ([BPFInstruction(code: 0x20, k: 64), ret], .offset(64, at: 0)),
        ([BPFInstruction(code: 0x20, k: 2), ret], .offset(2, at: 0)),
        ([BPFInstruction(code: 0x28, k: 0), ret], .instruction(0x28, at: 0)),
        ([BPFInstruction(code: 0x15, jt: 1, jf: 0), ret], .target(at: 0)),
        ([BPFInstruction(code: 0x05, k: 1), ret], .target(at: 0)),
        ([BPFInstruction(code: 0x05, k: .max), ret], .target(at: 0)),
        ([BPFInstruction(code: 0x34, k: 0), ret], .operand(at: 0)),
        ([BPFInstruction(code: 0x64, k: 32), ret], .operand(at: 0)),
        ([BPFInstruction(code: 0x60, k: 3), ret], .memory(at: 0)),
        ([BPFInstruction(code: 0x02, k: 16), ret], .memory(at: 0)),
        // Stored on one way only.
        (
            [
                BPFInstruction(code: 0x15, jt: 0, jf: 1), BPFInstruction(code: 0x02, k: 3),
                BPFInstruction(code: 0x60, k: 3), ret,
            ], .memory(at: 2)
        ),
        (Array(repeating: ret, count: 4097), .length(4097)),
    ])
    func `the verifier refuses what the kernel refuses`(_ program: [BPFInstruction], _ fault: BPFFault) {
        #expect(throws: fault) { try SeccompProgram(program) }
    }

    @Test
    func `the interpreter computes what the instructions say`() throws {
        func run(_ instructions: [BPFInstruction]) throws -> UInt32 {
            let call = SeccompCall(
                number: 7,
                architecture: 9,
                arguments: [0x1122_3344_5566_7788],
                instructionPointer: 5
            )
            return try BPFInterpreter.run(SeccompProgram(instructions + [BPFInstruction(code: 0x16)]), on: call)
        }
        #expect(try run([.init(code: 0x20, k: 0)]) == 7)
        #expect(try run([.init(code: 0x20, k: 4)]) == 9)
        #expect(try run([.init(code: 0x20, k: 8)]) == 5)
        #expect(try run([.init(code: 0x20, k: 16)]) == 0x5566_7788)
        #expect(try run([.init(code: 0x20, k: 20)]) == 0x1122_3344)
        #expect(try run([.init(code: 0x80)]) == 64)
        #expect(
            try run([.init(code: 0x00, k: 6), .init(code: 0x07), .init(code: 0x24, k: 7), .init(code: 0x1C)]) == 36
        )
        #expect(try run([.init(code: 0x00, k: 1), .init(code: 0x84)]) == .max)
        #expect(try run([.init(code: 0x00, k: 0xF0), .init(code: 0x74, k: 4), .init(code: 0xA4, k: 1)]) == 0xE)
        #expect(
            try run([.init(code: 0x00, k: 8), .init(code: 0x02, k: 2), .init(code: 0x00), .init(code: 0x60, k: 2)]) == 8
        )
        #expect(
            try run([.init(code: 0x00, k: 4), .init(code: 0x45, jt: 0, jf: 1, k: 6), .init(code: 0x00, k: 1)]) == 1
        )
        #expect(throws: BPFFault.operand(at: 0)) { try run([.init(code: 0x3C)]) }
    }

    @Test
    func `random programs end with a value or a fault, never otherwise, and sound ones with a value`() {
        var dice = Dice(11)
        let codes = Array(BPFClass.permitted).sorted()
        var sound = 0
        for round in 0..<20_000 {
            let program =
                (0..<Int.random(in: 0..<12, using: &dice)).map { _ in
                    let code =
                        round % 4 == 0
                        ? UInt16.random(in: 0...0xFF, using: &dice)
                        : codes[Int.random(in: 0..<codes.count, using: &dice)]
                    let k =
                        Bool.random(using: &dice)
                        ? UInt32.random(in: 0...70, using: &dice) : UInt32(truncatingIfNeeded: dice.next())
                    return BPFInstruction(
                        code: code,
                        jt: UInt8.random(in: 0...3, using: &dice),
                        jf: UInt8.random(in: 0...3, using: &dice),
                        k: k
                    )
                } + (Bool.random(using: &dice) ? [BPFInstruction(code: 0x16)] : [])
            let call = SeccompCall(number: 1, architecture: 2, arguments: [dice.next()])
            let result = try? BPFInterpreter.run(program, on: call)
            if (try? BPFVerifier.check(program)) != nil {
                sound += 1
                // All that is left to go wrong is a division by a register.
                #expect(result != nil || program.contains { $0.code == 0x3C })
            }
        }
        #expect(sound > 100)
    }
}
