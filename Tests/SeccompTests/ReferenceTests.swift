import Testing

@testable import Seccomp

/// Programs held against a plain reading of the policy, where libseccomp has no words for it.
struct ReferenceTests {
    @Test
    func `400 calls with alternating verdicts and a long jump between them are told apart`() throws {
        var verdicts: [String: CallVerdict] = [:]
        let names = Dictionary(uniqueKeysWithValues: SyscallTable.native.numbers.map { ($1, $0) })
        for number in UInt32(0)...NewerCalls.newest {
            guard let name = names[number] else { continue }
            // Every action is another one, so that no two neighbours can share a range or a leaf.
            verdicts[name] = CallVerdict(otherwise: .errno(UInt16(number % 200) + 2))
        }
        #expect(verdicts.count >= 380)
        let ranges = NumberRanges([.native], verdicts: verdicts, fallback: .refuse, newer: .absent)
        var assembler = BPFAssembler()
        var tree = RangeTree(ranges, wideArguments: true)
        _ = tree.write(to: &assembler)
        let program = try SeccompProgram(assembler.instructions)
        #expect(program.instructions.contains { $0.code == BPFCode.jump }, "no jump was long")
        for number in Array(0...NewerCalls.newest) + [500, .max] {
            let expected = ranges.ranges.first { $0.first <= number && number <= $0.last }?.verdict.otherwise
                .returnValue
            #expect(try BPFInterpreter.run(program, on: .init(number: number, architecture: 0)) == expected)
        }
    }

    @Test(arguments: 0..<60)
    func `random policies with conditions of every kind mean what a plain reading says`(_ seed: Int) throws {
        var dice = Dice(UInt64(seed))
        var verdicts: [String: CallVerdict] = [:]
        for name in SyscallTable.native.numbers.keys.sorted() where Bool.random(using: &dice) {
            verdicts[name] = randomVerdict(&dice)
        }
        let architecture: SeccompArchitecture = seed % 3 == 0 ? .i386 : .native
        let ranges = NumberRanges([architecture], verdicts: verdicts, fallback: .refuse, newer: .absent)
        var assembler = BPFAssembler()
        var tree = RangeTree(ranges, wideArguments: architecture.hasWideArguments)
        _ = tree.write(to: &assembler)
        let program = assembler.instructions
        #expect(throws: Never.self) { if program.count <= BPFVerifier.maximumLength { try BPFVerifier.check(program) } }
        for (name, number) in SyscallTable.on(architecture).numbers {
            let verdict = verdicts[name] ?? CallVerdict(otherwise: .refuse)
            for _ in 0..<8 {
                let wide = architecture.hasWideArguments ? UInt64.max : 0xFFFF_FFFF
                let arguments = (0..<6).map { _ in randomValue(&dice) & wide }
                let call = SeccompCall(number: number, architecture: 0, arguments: arguments)
                let got = try BPFInterpreter.run(program, on: call)
                #expect(got == verdict.action(for: arguments).returnValue, "\(name) \(arguments): \(verdict)")
            }
        }
    }

    private func randomVerdict(_ dice: inout Dice) -> CallVerdict {
        let actions: [SeccompAction] = [.allow, .log, .refuse, .absent, .killProcess, .errno(13)]
        func any() -> SeccompAction { actions[Int.random(in: 0..<actions.count, using: &dice)] }
        guard Int.random(in: 0..<10, using: &dice) < 3 else { return CallVerdict(otherwise: any()) }
        let conditional = (0..<Int.random(in: 1...3, using: &dice)).map { _ in
            let conditions = (0..<Int.random(in: 1...3, using: &dice)).map { _ in
                ArgumentCondition(
                    argument: Int.random(in: 0...5, using: &dice),
                    mask: Bool.random(using: &dice) ? .max : randomValue(&dice),
                    ArgumentCondition.Comparison.allCases[Int.random(in: 0..<6, using: &dice)],
                    randomValue(&dice)
                )
            }
            return ConditionalAction(conditions, any())
        }
        return CallVerdict(conditional, otherwise: any())
    }

    // Few different words, so that equal halves meet often.
    private func randomValue(_ dice: inout Dice) -> UInt64 {
        let words: [UInt64] = [0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
        let high = words[Int.random(in: 0..<words.count, using: &dice)]
        return high << 32 | words[Int.random(in: 0..<words.count, using: &dice)]
    }
}
