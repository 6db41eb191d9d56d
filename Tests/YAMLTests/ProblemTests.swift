import Testing
import YAML

@Suite struct `Problems` {
    @Test(arguments: [
        ("a: [1, 2", "2:1", "did not find expected ',' or ']'"), ("{a: 1", "2:1", "did not find expected ',' or '}'"),
        ("a: b: c", "1:5", "mapping values are not allowed in this context"),
        ("a:\n\t- b", "2:1", "found character that cannot start any token"),
        ("a: 1\n\tb: 2", "2:1", "found a tab character that violates indentation"),
        ("\ta: 1", "1:1", "found character"),
        ("a: 'x", "1:6", "unexpected end of stream"),
        ("a: \"x\n---\n", "2:1", "found unexpected document indicator"),
        ("a: \"\\q\"", "1:5", "unknown escape character"),
        ("a: \"\\xZZ\"", "1:7", "hexdecimal number"), ("a: \"\\uD800\"", "1:7", "invalid Unicode character"),
        ("%YAML 9.9\n---\na", "1:1", "incompatible YAML document"), ("%FOO\n---\na", "1:", "directive"),
        ("%YAML 1.1\n%YAML 1.1\n---\na", "2:1", "duplicate %YAML directive"),
        ("%YAML 1.1\na", "2:1", "<document start>"),
        ("a: b\n c: d", "2:3", "mapping values are not allowed"),
        ("- a\nb", "3:1", "could not find expected ':'"), ("- a\nb: c", "2:1", "did not find expected '-' indicator"),
        ("a: 1\n- b", "2:1", "did not find expected key"), ("]", "1:1", "did not find expected node content"),
        ("@a", "1:1", "found character"),
        ("`a", "1:1", "found character"), ("& a", "1:2", "alphabetic or numeric"),
        ("*", "1:2", "alphabetic or numeric"),
        ("!x!y a", "1:1", "undefined tag handle"), ("a: |9x\n", "1:6", "expected comment or line break"),
        ("a: |0\n", "1:5", "indentation indicator equal to 0"),
        ("a: >\n\n   b\n c", "4:2", ""), ("a\nb: c", "2:2", ""),
    ])
    func `what breaks the grammar has a place and libyaml's words`(text: String, place: String, words: String) throws {
        let problem = try #require(ordinary.problem(in: text))
        #expect(problem.kind == .malformed)
        #expect("\(problem.position)".hasPrefix(place), "\(problem.line)")
        #expect(problem.words.contains(words), "\(problem.line)")
    }

    @Test(
        arguments: [
            ([0x2D, 0x20, 0x00], "1:3", "control characters are not allowed"),
            (Array("a: b\nc: \u{7}".utf8), "2:4", "control characters are not allowed"),
            (Array("é: 1\né: \u{1B}[31m".utf8), "2:4", "control characters are not allowed"),
            (Array("a: \u{FFFE}".utf8), "1:4", "control characters are not allowed"),
            ([0xFF, 0xFE, 0x61, 0x00], "1:1", "invalid leading UTF-8 octet"),
            ([0x61, 0x0A, 0x80], "2:1", "invalid leading UTF-8 octet"),
            ([0x61, 0x0A, 0x62, 0xC3, 0x28], "2:3", "invalid trailing UTF-8 octet"),
            ([0x61, 0x3A, 0x20, 0xE2, 0x82], "1:4", "incomplete UTF-8 octet sequence"),
            ([0xC0, 0x80], "1:1", "invalid length of a UTF-8 sequence"),
            ([0xED, 0xA0, 0x80], "1:1", "invalid Unicode character"),
            ([0xF4, 0x90, 0x80, 0x80], "1:1", "invalid Unicode character"),
            ([0xEF, 0xBB, 0xBF, 0x61, 0x00], "1:2", "control characters"),
        ] as [([UInt8], String, String)]
    )
    func `what is no text has the place of the first such byte`(bytes: [UInt8], place: String, words: String) throws {
        let problem = try #require(ordinary.problem(in: bytes))
        #expect(problem.kind == .unreadable)
        #expect("\(problem.position)" == place, "\(problem.line)")
        #expect(problem.words.contains(words), "\(problem.line)")
    }

    @Test func `the place of a bad byte is right behind any end of line, however far into the text`() {
        for end in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"] {
            let text = String(repeating: "# é😀\(end)", count: 3_000) + "a: \u{8}"
            #expect(ordinary.problem(in: text)?.position == Position(line: 3_001, column: 4))
        }
    }

    @Test func `a zero byte that is written as an escape is part of the text`() throws {
        #expect(try ordinary.document(in: "\"a\\0b\"")?.string == "a\0b")
    }
}
