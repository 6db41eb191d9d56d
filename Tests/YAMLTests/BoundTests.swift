import Testing
import YAML

@Suite(.timeLimit(.minutes(1))) struct `Bounds` {
    private func reader(bytes: Int = 1 << 20, depth: Int = 24, nodes: Int = 100_000) -> YAMLReader {
        YAMLReader(bounds: YAMLReader.Bounds(bytes: bytes, depth: depth, nodes: nodes))
    }

    @Test func `a text of as many bytes as allowed is read, one more is not`() {
        #expect(reader(bytes: 6).problem(in: "a: é\n") == nil)
        #expect(
            reader(bytes: 5).problem(in: "a: é\n")?.line
                == "1:1 tooLong: the text has 6 bytes; the most that is read is 5"
        )
    }

    @Test func `keys and values of all documents count together`() {
        #expect(reader(nodes: 7).problem(in: "[a, {k: v}]\n--- b\n")?.kind == nil)
        #expect(
            reader(nodes: 5).problem(in: "[a, {k: v}]\n--- b\n")?.line
                == "2:5 tooMany: there are more than 5 values, each alias counted with all it stands for"
        )
        #expect(reader(nodes: 3).problem(in: "[a, b, c]")?.position == Position(line: 1, column: 8))
    }

    @Test(arguments: [("[[x]]", 2), ("a: {b: c}", 2), ("- - - x", 3), ("? {[k]: v}\n: x", 3)])
    func `a value as deep as allowed is read, one step deeper is not`(text: String, depth: Int) throws {
        let root = try #require(try reader(depth: depth).document(in: text))
        #expect(root.measured.height == depth)
        #expect(reader(depth: depth - 1).problem(in: text)?.kind == .tooDeep)
    }

    @Test(arguments: ["[", "{", "{a: ", "- ", "? ", "[a, ", "{{a: b}: ", "!t {", "&x [", "- ? - "])
    func `nesting without end is refused near its beginning`(opener: String) throws {
        let text = String(repeating: opener, count: (1 << 20) / opener.utf8.count)
        let problem = try #require(ordinary.problem(in: text))
        // libyaml gives up on keys longer than 1,024 characters before the depth shows.
        #expect(problem.kind == .tooDeep || problem.kind == .malformed)
        #expect(problem.position.line == 1 && problem.position.column < 2_000, "\(problem.line)")
    }

    @Test func `nesting by indentation is refused at its depth`() {
        let text = (0..<1_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(ordinary.problem(in: text)?.kind == .tooDeep)
    }

    @Test(arguments: ["a,", "[],", "{},", "'',", "? a: ,", "&a ,", "!t ,", "{a},", "[[[[]]]],"])
    func `a wide list stops at the number of values`(item: String) {
        let text = "[" + String(repeating: item, count: (1 << 20) / item.utf8.count - 2) + "]"
        #expect(ordinary.problem(in: text)?.kind == .tooMany)
    }

    @Test func `documents without end stop at the number of values`() {
        #expect(ordinary.problem(in: String(repeating: "---\n", count: 200_000))?.kind == .tooMany)
    }

    @Test func `a scalar may fill the whole text`() throws {
        let long = String(repeating: "é", count: 500_000)
        for text in [long, "'\(long)'", "\"\(long)\"", "|\n \(long)\n", ">-\n \(long)\n"] {
            #expect(try ordinary.document(in: text)?.string?.utf8.count ?? 0 >= 1_000_000)
        }
        #expect(ordinary.problem(in: "\(long): x")?.kind == .malformed)
        #expect(ordinary.problem(in: "'\(long)")?.kind == .malformed)
        #expect(ordinary.problem(in: "&\(String(repeating: "a", count: 1_000_000)) x") == nil)
        #expect(ordinary.problem(in: "*\(String(repeating: "a", count: 1_000_000))")?.words.utf8.count ?? 0 < 200)
    }

    @Test func `many keys cost no more than their number`() throws {
        let wide = (0..<45_000).map { "k\($0): v\n" }.joined()
        #expect(ordinary.problem(in: wide) == nil)
        #expect(ordinary.problem(in: wide + "k44999: x\n")?.kind == .doubleKey)
        let inner = (0..<20_000).map { "k\($0): v" }.joined(separator: ", ")
        let keys = String(repeating: "{", count: 500) + inner + String(repeating: "}", count: 500)
        #expect(ordinary.problem(in: keys)?.kind == .malformed || ordinary.problem(in: keys)?.kind == .tooDeep)
        #expect(ordinary.problem(in: keys.replacing("{{", with: "{ ? {")) != nil)
    }

    @Test func `tag directives, which libyaml compares each with each, are few`() {
        func text(_ count: Int, _ end: String) -> String {
            (0..<count).map { "%TAG !t\($0)! tag:x\(end)" }.joined() + "--- !t1!x a\n"
        }
        for end in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}"] {
            #expect(ordinary.problem(in: text(64, end)) == nil)
            #expect(
                ordinary.problem(in: text(40_000, end))?.line == "65:1 tooMany: there are more than 64 tag directives"
            )
        }
        #expect(ordinary.problem(in: "- '\(String(repeating: "%TAG ! x ", count: 500))'\n") == nil)
    }
}
