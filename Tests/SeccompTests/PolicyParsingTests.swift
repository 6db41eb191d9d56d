import Testing

@testable import Seccomp

struct PolicyParsingTests {
    private func findings(_ yaml: String) -> [String] {
        do {
            _ = try SeccompPolicy.parse(yaml: yaml, file: "p.yaml")
            return []
        } catch {
            return error.findings.map(\.description)
        }
    }

    @Test
    func `all findings come at once, each with its place and what was probably meant`() {
        let yaml = """
            apiVersion: bailey/v2
            kind: SeccompPolicy
            metadata: { name: Bad Name }
            spec:
              architectures: [x86_64, i368]
              default: { errno: EPREM }
              ruels: []
              rules:
                - alow: [read]
                - allow: [raed, write, no_such_call_at_all]
                - deny: [mount]
                  errno: ENOSY
                - ifCapability: CAP_SYS_ADMN
                  allow: [umount2]
                - allow: [ioctl]
                  when: { argumnt: 1, equal: 5 }
                - allow: [fcntl]
                  when: { argument: 9, equal: -1 }
            """
        #expect(
            findings(yaml) == [
                "p.yaml:1:13: apiVersion: unknown apiVersion 'bailey/v2': did you mean 'bailey/v1'?",
                "p.yaml:3:19: metadata.name: 'Bad Name' is no name: use a to z, 0 to 9, '-' and '_'",
                "p.yaml:5:27: spec.architectures[1]: unknown architecture 'i368': did you mean 'i386'?",
                "p.yaml:6:21: spec.default.errno: unknown error number 'EPREM': did you mean 'EPERM'?",
                "p.yaml:7:3: spec.ruels: unknown key 'ruels': did you mean 'rules'?",
                "p.yaml:9:7: spec.rules[0].alow: unknown key 'alow': did you mean 'allow'?",
                "p.yaml:9:7: spec.rules[0]: no action in one rule: use one of allow, log, deny, kill",
                "p.yaml:10:15: spec.rules[1].allow[0]: unknown system call 'raed': did you mean 'read'?",
                "p.yaml:10:28: spec.rules[1].allow[2]: unknown system call 'no_such_call_at_all'",
                "p.yaml:12:14: spec.rules[2].errno: unknown error number 'ENOSY': did you mean 'ENOSYS'?",
                "p.yaml:13:21: spec.rules[3].ifCapability: unknown capability 'CAP_SYS_ADMN': did you mean 'CAP_SYS_ADMIN'?",
                "p.yaml:16:13: spec.rules[4].when.argument: missing: arguments count from 0 to 5",
                "p.yaml:16:15: spec.rules[4].when.argumnt: unknown key 'argumnt': did you mean 'argument'?",
                "p.yaml:18:25: spec.rules[5].when.argument: there is no argument 9: arguments count from 0 to 5",
            ]
        )
    }

    @Test(arguments: [
        ("", "p.yaml:1:1: the document is empty"),
        ("[1, 2", "p.yaml:2:1: not YAML: did not find expected ',' or ']'"),
        ("a: 1\na: 2\n", "p.yaml:2:1: the key \"a\" is given twice, first in line 1"),
        ("- a\n", "p.yaml:1:1: a mapping with apiVersion, kind, metadata, spec belongs here"),
    ])
    func `what is no policy document is refused with a place`(_ yaml: String, _ expected: String) {
        #expect(findings(yaml) == [expected])
    }

    @Test
    func `a policy that stands alone has to say its default and its architectures`() {
        let yaml = """
            apiVersion: bailey/v1
            kind: SeccompPolicy
            metadata: { name: t }
            spec: { rules: [] }
            """
        #expect(findings(yaml).map { $0.contains("missing, and no other policy is extended") } == [true, true])
    }

    @Test(arguments: [
        ("default: allow", "unknown action 'allow'"),
        ("default: {}", "missing errno"),
    ])
    func `nothing lets a policy allow what it does not name`(_ line: String, _ expected: String) {
        let yaml = document("    []").replacing("default: { errno: EPERM }", with: line)
        #expect(findings(yaml).contains { $0.contains(expected) })
    }

    @Test(arguments: [
        ("- allow: [read]\n      when: []", "no condition"),
        ("- allow: [read]\n      when: { argument: 0, mask: 0xf, equal: 0x10 }", "no argument can satisfy this"),
        ("- allow: [read]\n      when: { argument: 0, less: 0 }", "no argument can satisfy this"),
        ("- allow: [read]\n      when: { argument: 0, greaterOrEqual: 0 }", "every argument satisfies this"),
        ("- allow: [read]\n      when: [{ argument: 0, equal: 1 }, { argument: 0, equal: 2 }]", "can never all hold"),
        ("- allow: [read]\n      when: [{ argument: 0, less: 2 }, { argument: 0, greater: 7 }]", "can never all hold"),
        ("- allow: [read]\n      when: { argument: 0, equal: 1, less: 2 }", "there are 2"),
        ("- allow: [read]\n      deny: [write]", "several actions"),
        ("- allow: [read]\n      errno: EPERM", "an errno belongs to deny"),
    ])
    func `a condition that means nothing, or less than it seems, is a finding`(_ rule: String, _ expected: String) {
        #expect(findings(document("    \(rule)")).contains { $0.contains(expected) })
    }

    @Test
    func `a policy cannot be called unconfined`() {
        #expect(findings(document("    []").replacing("name: t", with: "name: unconfined")).count == 1)
        #expect(SeccompSelection("unconfined") == .unconfined)
        #expect(SeccompSelection("default") == .policy("default"))
    }

    @Test
    func `calls of other architectures and of newer kernels are known, misspelt ones are not`() throws {
        let policy = try standalone(
            "    - allow: [sync_file_range2, s390_runtime_instr, mseal, setxattrat, listns, chown32]"
        )
        #expect(policy.chain[0].rules[0].calls.count == 6)
    }

    @Test
    func `the table of newer calls agrees with libseccomp wherever both know a call`() {
        for architecture in SeccompArchitecture.allCases {
            let newer = NewerCalls.numbers(on: architecture)
            #expect(newer["mseal"] == architecture.firstNumber + 462)
            // The table is filled from libseccomp last, so a disagreement would show as two names with one number.
            let numbers = SyscallTable.on(architecture).numbers
            #expect(Set(numbers.values).count == numbers.count)
            for (name, number) in newer { #expect(numbers[name] == number) }
        }
    }

    @Test
    func `random bytes and broken policies never crash the reader`() throws {
        var dice = Dice(7)
        let good = Array(try shipped.source("default").text)
        for round in 0..<400 {
            var bytes: [UInt8]
            if round % 2 == 0 {
                bytes = (0..<Int.random(in: 0..<300, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
            } else {
                bytes = good
                for _ in 0..<8 {
                    bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
                }
                if round % 3 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &dice)) }
            }
            _ = try? SeccompPolicy.parse(yaml: String(decoding: bytes, as: UTF8.self), file: "f")
        }
        for deep in [String(repeating: "[", count: 50_000), String(repeating: "- ", count: 50_000)] {
            #expect(throws: PolicyFindings.self) { try SeccompPolicy.parse(yaml: deep, file: "f") }
        }
    }
}
