import Testing

@testable import Seccomp

struct RuleOrderTests {
    private func conflicts(_ rules: String) -> [String] {
        do {
            _ = try SeccompPolicy.parse(yaml: document(rules), file: "p.yaml")
            return []
        } catch {
            return error.findings.map(\.description)
        }
    }

    @Test
    func `two actions without conditions contradict each other`() {
        let found = conflicts("    - allow: [read, write]\n    - deny: [write]")
        #expect(found == ["p.yaml:9:14: spec.rules: write: errno EPERM here contradicts allow on line 8"])
    }

    @Test
    func `two actions whose conditions can hold at once are a conflict, disjoint ones are not`() {
        let first = "    - allow: [read]\n      when: { argument: 0, less: 10 }\n"
        let overlapping = "    - deny: [read]\n      when: { argument: 0, equal: 5 }\n"
        let disjoint = "    - deny: [read]\n      when: { argument: 0, equal: 10 }\n"
        #expect(conflicts(first + overlapping).count == 1)
        #expect(conflicts(first + disjoint).isEmpty)
    }

    @Test
    func `a condition beside the same action without one has no effect, and is a finding`() {
        let found = conflicts("    - allow: [read]\n    - allow: [read]\n      when: { argument: 0, equal: 5 }")
        #expect(found.count == 1)
    }

    @Test
    func `a rule with a condition comes before one without, whatever the order of the file`() throws {
        let policy = try standalone("    - allow: [read]\n    - deny: [read]\n      when: { argument: 0, equal: 5 }")
        let program = try SeccompCompiler.compile(policy, capabilities: 0)
        #expect(try action(program, "read", [5]) == .refuse)
        #expect(try action(program, "read", [6]) == .allow)
    }

    @Test
    func `conditions in one rule all have to hold, of several rules one suffices`() throws {
        let policy = try standalone(
            """
                - allow: [read]
                  when: [{ argument: 0, equal: 1 }, { argument: 2, greater: 7 }]
                - allow: [read]
                  when: { argument: 0, equal: 9 }
            """
        )
        let program = try SeccompCompiler.compile(policy, capabilities: 0)
        #expect(try action(program, "read", [1, 0, 8]) == .allow)
        #expect(try action(program, "read", [1, 0, 7]) == .refuse)
        #expect(try action(program, "read", [2, 0, 8]) == .refuse)
        #expect(try action(program, "read", [9, 0, 0]) == .allow)
    }

    @Test
    func `a rule under a capability counts only in jails that have it, and then comes first`() throws {
        let policy = try standalone(
            "    - deny: [mount]\n      errno: ENOSYS\n    - ifCapability: CAP_SYS_ADMIN\n      allow: [mount]"
        )
        let without = try SeccompCompiler.compile(policy, capabilities: ~mask("CAP_SYS_ADMIN"))
        let with = try SeccompCompiler.compile(policy, capabilities: [21])
        #expect(try action(without, "mount") == .absent)
        #expect(try action(with, "mount") == .allow)
    }

    @Test
    func `a policy's rules come before those it extends, even those under a capability`() throws {
        let directory = try TemporaryDirectory()
        try directory.write(
            "base.yaml",
            document("    - allow: [read, write]\n    - ifCapability: CAP_SYS_ADMIN\n      allow: [mount]").replacing(
                "name: t",
                with: "name: base"
            )
        )
        try directory.write(
            "child.yaml",
            """
            apiVersion: bailey/v1
            kind: SeccompPolicy
            metadata: { name: child }
            spec:
              extends: base
              rules: [{ deny: [mount], errno: ENOENT }, { deny: [write], when: { argument: 0, equal: 1 } }]
            """
        )
        let policy = try PolicyLibrary(directories: [directory.path]).load("child")
        #expect(policy.architectures == [.native, .i386])
        let program = try SeccompCompiler.compile(policy, capabilities: .max)
        #expect(try action(program, "mount") == .errno(2))
        #expect(try action(program, "read") == .allow)
        // Where no condition of the child holds, the base decides.
        #expect(try action(program, "write", [1]) == .refuse)
        #expect(try action(program, "write", [2]) == .allow)
    }

    @Test
    func `extends is followed with care`() throws {
        let directory = try TemporaryDirectory()
        let text = "apiVersion: bailey/v1\nkind: SeccompPolicy\nmetadata: { name: NAME }\nspec: { extends: PARENT }\n"
        for (name, parent) in [("a", "b"), ("b", "a"), ("c", "defalt"), ("default", "nowhere")] {
            try directory.write("\(name).yaml", text.replacing("NAME", with: name).replacing("PARENT", with: parent))
        }
        try directory.write("wrong.yaml", document("    []"))
        let library = PolicyLibrary(directories: [directory.path])
        func message(_ name: String) -> String {
            do { return "\(try library.load(name))" } catch { return "\(error)" }
        }
        #expect(message("a").hasSuffix("b.yaml:4:18: spec.extends: 'a' extends itself"))
        #expect(message("c").hasSuffix("c.yaml:4:18: spec.extends: no policy 'defalt': did you mean 'default'?"))
        #expect(message("wrong").contains("the policy calls itself 't', and its file 'wrong'"))
        #expect(message("defualt") == "seccomp policy 'defualt': no such policy: did you mean 'default'?")
        #expect(message("..") == "seccomp policy '..': no such policy: known are a, b, c, default, wrong")
    }
}
