import Testing
import YAML

@Suite struct `Anchors and aliases` {
    @Test(arguments: [
        ("a: &x [1, 2]\nb: *x\n", "{a: [1, 2], b: [1, 2]}"), ("- &x 1\n- &x 2\n- *x\n", "[1, 2, 2]"),
        // The nearest mention before the alias counts, even where it stands inside of what bears the same name.
        ("[&x [&x 1, 2], *x]", "[[1, 2], 1]"), ("&x {*y : 1}".replacing("*y", with: "&y k") + "", "{k: 1}"),
        ("{&k key: &v value, other: [*k, *v]}", "{key: value, other: [key, value]}"), ("[&e , *e ]", "[, ]"),
    ])
    func `an alias is what its anchor marks`(text: String, expected: String) throws {
        #expect(try ordinary.document(in: text)?.flow == expected)
    }

    @Test func `what stands for an alias keeps the place where it was written`() throws {
        #expect(try ordinary.document(in: "- &x a\n- *x\n")?.places == ["1:1 []", "1:3 a", "1:3 a"])
    }

    @Test(arguments: [
        ("a: *x\n", "1:4 malformed: found undefined alias"), ("- *x\n- &x 1\n", "1:3 malformed: found undefined alias"),
        ("&x [1, *x]", "1:8 malformed: found an alias of what it stands in"),
        ("- &x 1\n- &x {k: [*x]}\n", "2:11 malformed: found an alias of what it stands in"),
        ("- &x 1\n--- *x\n", "2:5 malformed: found undefined alias"),
    ])
    func `an alias of nothing, of itself or of another document is refused`(text: String, expected: String) {
        #expect(ordinary.problem(in: text)?.line == expected)
    }

    @Test func `whoever takes no aliases is told where one is`() {
        var strict = ordinary
        strict.aliases = .refused
        #expect(
            strict.problem(in: "a: &x 1\nb: *x\n")?.line
                == "2:4 alias: aliases such as \"*x\" are not supported here"
        )
        #expect(strict.problem(in: "a: &x 1\nb: 2\n") == nil)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [10, 30, 3_000])
    func `aliases of aliases count with all they stand for`(levels: Int) {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<levels {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [" + [String](repeating: alias, count: 10).joined(separator: ", ") + "]\n"
        }
        let problem = ordinary.problem(in: text)
        #expect(problem?.kind == .tooMany)
        // Level 3 has 11,111 values; of level 4, the ninth use is one too many.
        #expect(
            problem.map { $0.position.line == 5 && $0.position.column > 9 } == true,
            "\(String(describing: problem))"
        )
    }

    @Test func `aliases add to the depth`() {
        var text = "- &a0 x\n"
        for level in 1...30 { text += "- &a\(level) [*a\(level - 1)]\n" }
        #expect(ordinary.problem(in: text)?.line == "25:9 tooDeep: the nesting is deeper than 24")
    }
}
