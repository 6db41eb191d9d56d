import Testing
import YAML

@Suite struct `Reading YAML` {
    private func flow(_ text: String) throws -> [String] { try ordinary.documents(in: text).map(\.flow) }

    @Test(arguments: [
        ("a: b", "{a: b}"), ("- a\n- - b\n  - c\n", "[a, [b, c]]"), ("{a: [1, 'x'], \"b\": }", "{a: [1, 'x'], 'b': }"),
        ("a: |\n  x\n  y\n", "{a: 'x\ny\n'}"), ("a: >-\n  x\n  y\n", "{a: 'x y'}"), ("a: x\n  y\n", "{a: x y}"),
        ("z: 1\nb: 2\na: 3\n", "{z: 1, b: 2, a: 3}"), ("? [a]\n: b\n", "{[a]: b}"), ("a: 'it''s'", "{a: 'it's'}"),
        ("a: \"\\x41\\u00e9\\U0001F600\\0\"", "{a: 'Aé😀\0'}"), ("a: !!str null", "{a: 'null'}"),
        ("# nothing but\n- x", "[x]"),
        ("a:\r\n  - b\r\n", "{a: [b]}"), ("<<: x", "{<<: x}"), ("http://x/y?z", "http://x/y?z"), ("a: b#c", "{a: b#c}"),
    ])
    func `every way to write a value ends in the same three kinds`(text: String, expected: String) throws {
        #expect(try flow(text) == [expected])
    }

    @Test func `each node knows its line and column, counted in characters`() throws {
        let text = "a: é x\nlist:\n  - \"😀\": [1, *n]\n    w: &n {k: v}\n".replacing("*n", with: "2")
        #expect(
            try ordinary.document(in: text)?.places == [
                "1:1 {}", "1:1 a", "1:4 é x", "2:1 list", "3:3 []", "3:5 {}", "3:5 😀", "3:10 []", "3:11 1", "3:14 2",
                "4:5 w", "4:8 {}", "4:12 k", "4:15 v",
            ]
        )
    }

    @Test func `a byte order mark and any end of line leave positions right`() throws {
        let places = ["1:1 {}", "1:1 a", "1:4 b", "2:1 c", "2:4 d"]
        for end in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"] {
            #expect(try ordinary.document(in: "a: b\(end)c: d\(end)")?.places == places, "\(end.debugDescription)")
        }
        #expect(try ordinary.document(in: "\u{FEFF}a: b\nc: d\n")?.places == places)
    }

    @Test(arguments: [
        ("", []), ("# comment\n", []), ("---\n", [""]), ("a\n", ["a"]),
        ("--- a\n--- b\n...\n--- [c]\n", ["a", "b", "[c]"]),
        ("---\n---\n", ["", ""]), ("a: 1\n...\n", ["{a: 1}"]),
    ])
    func `a text holds none, one or several documents`(text: String, expected: [String]) throws {
        #expect(try flow(text) == expected)
    }

    @Test func `where one document is expected a second one is a problem with its place`() throws {
        #expect(try ordinary.document(in: "") == nil as Node?)
        #expect(try ordinary.document(in: "a")?.string == "a")
        let problem = #expect(throws: YAMLProblem.self) { try ordinary.document(in: "a: 1\n---\nb: 2\n") }
        #expect(problem?.line == "3:1 severalDocuments: 2 documents, where one is expected")
    }

    @Test func `nothing, null and truth are told apart from texts that look like them`() throws {
        let text = "[~, null, 'null', !!str null, '', true, Yes, off, 'true', n, 1]"
        let root = try #require(try ordinary.document(in: text))
        guard case .sequence(let items) = root else {
            Issue.record("no list")
            return
        }
        #expect(items.map(\.isNull) == [true, true] + [Bool](repeating: false, count: 9))
        #expect(items.map(\.bool) == [nil, nil, nil, nil, nil, true, true, false, nil, nil, nil])
        let empty = try ordinary.document(in: "{a: , b: ''}")
        guard case .mapping(let pairs)? = empty else {
            Issue.record("no mapping")
            return
        }
        #expect(pairs["a"]?.isEmpty == true && pairs["b"]?.isEmpty == false && pairs["c"] == nil as Node?)
    }
}

private func == (left: Node?, right: Node?) -> Bool { left?.flow == right?.flow }
