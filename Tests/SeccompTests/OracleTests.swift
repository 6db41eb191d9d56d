import Testing

@testable import Seccomp

/// One policy under one set of capabilities.
struct Subject: Sendable, CustomTestStringConvertible {
    let policy: EffectivePolicy
    let capabilities: UInt64

    var testDescription: String { "\(policy.name) with capabilities \(hexadecimal(capabilities))" }

    static let all: [Subject] = {
        var policies = shipped.names.compactMap { try? shipped.load($0) }
        // None of ours lists x32; the compiler can.
        if let base = policies.first(where: { $0.name == "default" })?.chain.first,
            let wide = try? SeccompPolicy.parse(yaml: withX32, file: "x32.yaml")
        {
            policies.append(EffectivePolicy(chain: [wide, base]))
        }
        return policies.flatMap { policy in capabilitySets.map { Subject(policy: policy, capabilities: $0) } }
    }()

    private static let withX32 = """
        apiVersion: bailey/v1
        kind: SeccompPolicy
        metadata: { name: with-x32 }
        spec:
          extends: default
          architectures: [x86_64, i386, x32]
        """
}

struct OracleTests {
    @Test
    func `every shipped policy is among the subjects`() {
        #expect(shipped.names == ["default", "default32", "system", "webhost"])
        #expect(Subject.all.count == 5 * capabilitySets.count)
    }

    @Test(arguments: Subject.all)
    func `the program gives libseccomp's verdict on every call of every architecture`(_ subject: Subject) throws {
        let policy = subject.policy
        let program = try SeccompCompiler.compile(policy, capabilities: subject.capabilities)
        let native = try LibseccompOracle(policy, capabilities: subject.capabilities, on: .native)
        for architecture in SeccompArchitecture.allCases where policy.architectures.contains(architecture) {
            let oracle = try LibseccompOracle(policy, capabilities: subject.capabilities, on: architecture)
            // This libseccomp ends at 456; further calls have one number everywhere, so the native oracle serves.
            #expect(oracle.beyond.allSatisfy { $0 - architecture.firstNumber > 334 })
            var compared = 0
            let verdicts = policy.verdicts(capabilities: subject.capabilities)
            let names = Dictionary(uniqueKeysWithValues: SyscallTable.on(architecture).numbers.map { ($1, $0) })
            for number in architecture.firstNumber...architecture.lastNumber {
                let verdict = names[number].flatMap { verdicts[$0] }
                for arguments in argumentSets(verdict, number, architecture) {
                    let expected =
                        try oracle.beyond.contains(number)
                        ? native.returnValue(number - architecture.firstNumber, arguments)
                        : oracle.returnValue(number, arguments)
                    let call = SeccompCall(
                        number: number,
                        architecture: architecture.auditValue,
                        arguments: arguments
                    )
                    let got = try BPFInterpreter.run(program, on: call)
                    compared += 1
                    if got != expected {
                        Issue.record(
                            "\(architecture) \(number) \(arguments.map { hexadecimal($0) }): \(hexadecimal(got)) for \(hexadecimal(expected))"
                        )
                    }
                }
            }
            #expect(compared > 1000)
        }
    }

    // Where Bailey deliberately differs: libseccomp answers with the policy's default (EPERM) to numbers that no call has
    // yet, and kills a thread for x32 calls if x32 is not listed.
    @Test(arguments: Subject.all)
    func `numbers beyond the newest call, x32 and foreign architectures are answered as documented`(
        _ subject: Subject
    ) throws {
        let policy = subject.policy
        let program = try SeccompCompiler.compile(policy, capabilities: subject.capabilities)
        func answer(_ number: UInt32, _ architecture: UInt32) throws -> SeccompAction? {
            SeccompAction(
                returnValue: try BPFInterpreter.run(program, on: .init(number: number, architecture: architecture))
            )
        }
        let beyond = Array(NewerCalls.newest + 1...1023) + [0xFFFF, 0x3FFF_FFFF]
        for number in beyond {
            #expect(try answer(number, SeccompArchitecture.native.auditValue) == .absent)
        }
        let i386 = policy.architectures.contains(.i386)
        for number in beyond + [0x4000_0000, 0x7FFF_FFFF, 0x8000_0000, .max] {
            #expect(try answer(number, SeccompArchitecture.i386.auditValue) == (i386 ? .absent : .killProcess))
        }
        let x32: [UInt32] = policy.architectures.contains(.x32) ? Array(548...1023) : Array(0...1023)
        for number in x32.map({ SeccompArchitecture.x32Bit + $0 }) + [0x7FFF_FFFF, 0x8000_0000, .max] {
            #expect(try answer(number, SeccompArchitecture.native.auditValue) == .absent)
        }
        // AArch64, 32-bit ARM, MIPS, nothing.
        for foreign: UInt32 in [0xC000_00B7, 0x4000_0028, 8, 0, .max, 0x4000_003E] {
            #expect(try answer(0, foreign) == .killProcess)
        }
    }

    /// Arguments around every value that a condition on this call mentions, or one set that means nothing.
    private func argumentSets(
        _ verdict: CallVerdict?,
        _ number: UInt32,
        _ architecture: SeccompArchitecture
    ) -> [[UInt64]] {
        var dice = Dice(UInt64(number))
        let noise = (0..<6).map { _ in dice.next() }
        var sets = [noise, [0, 0, 0, 0, 0, 0]]
        for condition in verdict?.conditional.flatMap(\.conditions) ?? [] {
            let value = condition.value
            var near = [
                value, value &+ 1, value &- 1, ~value, value | 1 << 32, value << 32, value ^ 1 << 31, .max, 1 << 32,
            ]
            near += (0..<64).map { value ^ 1 << $0 } + (0..<8).map { _ in dice.next() }
            for candidate in near {
                var arguments = noise
                arguments[condition.argument] = candidate
                sets.append(arguments)
            }
        }
        // A 32-bit process has no upper halves. An x32 process has, but libseccomp does not look at them: Bailey does, and
        // how it does, `ReferenceTests` show.
        return architecture == .native ? sets : sets.map { $0.map { $0 & 0xFFFF_FFFF } }
    }
}
