import Profiles
import Testing

@Suite struct HostileTextTests {
    private func findings(_ text: String) -> [Finding] { Shelf().loader.load(file: "f", text: text).findings }

    /// The findings, and that they came in time.
    private func timed(_ text: String) -> [Finding] {
        let clock = ContinuousClock()
        let start = clock.now
        let found = findings(text)
        #expect(clock.now - start < .seconds(20))
        return found
    }

    @Test(arguments: [
        ("a: [1, 2", "2:1"), ("a: b: c", "1:5"), ("a:\n\t- b", "2:1"), ("a: 'x", "1:"), ("a: \u{7}", "1:4"),
        ("*a", "1:1"),
        ("a: \"\\q\"", "1:"), ("%YAML 9.9\n---\na: b", "1:"), ("a: b\n c: d", "2:"), ("\u{FFFD}", "1:1"),
        ("- \u{0}", "1:3"),
    ])
    func `text that is no YAML is a finding with a place`(text: String, place: String) throws {
        let found = findings(text)
        #expect(found.count == 1)
        #expect(try #require(found.first).description.hasPrefix("f:\(place)"), "\(found)")
    }

    @Test(arguments: [
        "", "\n# nothing\n", "---\n", "x", "[]", "{}", "null", "? a", "--- |\n text\n", "---\n---\n---\n",
    ])
    func `text without a document of ours is a finding`(text: String) {
        #expect(findings(text).hasErrors)
    }

    @Test func `double keys are all reported, and reading goes on`() {
        let found = Shelf().jail(
            "  hostname: a\n  'hostname': b\n  oomScore: x\n  resources:\n    pids: { max: 1, max: 2, max: 3 }\n"
        ).findings.map(\.description)
        #expect(
            found == [
                "jail.yaml:6:3: error: the key \"hostname\" is given twice, first in line 5",
                "jail.yaml:7:13: error: spec.oomScore: \"x\" is not a whole number from -1000 to 1000",
                "jail.yaml:9:29: error: the key \"max\" is given twice, first in line 9",
            ]
        )
    }

    @Test func `several documents are several jails for those who ask for them`() {
        let text = "---\n\(Shelf.head)---\n\(Shelf.head)  oomScore: y\n"
        #expect(
            findings(text).map(\.message) == ["the file holds 2 documents, where one is expected; apply takes several"]
        )
        let all = Shelf().loader.loadAll(file: "f", text: text)
        #expect(all.map(\.findings.count) == [0, 1])
    }

    @Test func `an alias is taken where it does no harm`() {
        let result = Shelf().jail("  command: &c [a, b]\n  health: { exec: *c }\n")
        #expect(result.findings.isEmpty)
        #expect(result.spec.health.exec?.value == ["a", "b"])
    }

    @Test func `aliases of aliases do not multiply`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [" + [String](repeating: alias, count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(timed(text).hasErrors)
        #expect(timed(text + "{*a29: x}\n").hasErrors)
        #expect(timed(text + "? *a29\n: x\n").hasErrors)
        #expect(timed("&a [&a [*a, *a], &a [*a, *a], &a [*a, *a]]\n").hasErrors)
    }

    @Test(arguments: ["[", "{", "{a: ", "- ", "? ", "[a, ", "{{a: b}: ", "a:\n ", "!t {", "&x ["])
    func `deep nesting is refused in time`(opener: String) {
        #expect(timed(String(repeating: opener, count: 200_000 / opener.utf8.count)).hasErrors)
        let inner = String(repeating: "a,", count: 100_000)
        #expect(timed(String(repeating: opener, count: 900) + inner).hasErrors)
    }

    @Test func `nested keys that are mappings are refused in time`() {
        let inner = (0..<20_000).map { "k\($0): v" }.joined(separator: ", ")
        let text = String(repeating: "{", count: 500) + inner + String(repeating: "}", count: 500)
        #expect(timed(text).hasErrors)
        #expect(timed(text.replacing("{{", with: "{ ? {")).hasErrors)
    }

    @Test func `large files are refused, wide ones answered with a bounded number of findings`() {
        #expect(timed(String(repeating: "# comment\n", count: 110_000)).first?.message.contains("1048576") == true)
        let wide = Shelf.head + (0..<30_000).map { "  unknown\($0): x\n" }.joined()
        let found = timed(wide)
        #expect(found.count > 100 && found.count < 300)
    }

    @Test func `long keys and values are shortened in messages`() {
        let long = String(repeating: "x", count: 900)
        for text in [
            "  \(long): 1\n", "  init: \(long)\n", "  environment: { \"\(long)=\": 1 }\n", "  hostname: \(long)\n",
        ] {
            let found = Shelf().jail(text).findings
            #expect(found.count == 1)
            #expect(found.allSatisfy { $0.description.utf8.count < 300 })
        }
    }

    @Test func `control characters of a file never reach a terminal`() {
        let found = Shelf().jail("  \"a\\e[31m\": 1\n  init: \"\\e]0;x\\a\"\n  user: \"\\0\"\n  command: [\"a\\0b\"]\n")
            .findings
        #expect(found.count == 4)
        #expect(found.allSatisfy { $0.description.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
    }

    @Test func `a changed file is answered, whatever the change`() throws {
        let originals = try [
            "profiles/webhost/small.yaml", "profiles/locked-down.yaml", "profiles/examples/web1.yaml",
            "Tests/ProfilesTests/awful.yaml",
        ].map { Array(try repositoryFile($0).utf8) }
        var random = Mutations(seed: 20_240_229)
        let loader = ProfileLoader(library: shippedLibrary())
        let clock = ContinuousClock()
        let start = clock.now
        for round in 0..<1_500 {
            let bytes = random.changed(originals[round % originals.count])
            let result = loader.load(file: "f", text: String(decoding: bytes, as: UTF8.self))
            for finding in result.findings { #expect(finding.line >= 0 && !finding.description.isEmpty) }
            _ = result.spec.rows
        }
        #expect(clock.now - start < .seconds(60))
    }
}

/// Small damage of the kinds that hands and disks do; the same for the same seed.
private struct Mutations {
    private var state: UInt64
    private static let pieces = [
        "\n", " ", "\t", ":", "- ", "[", "]", "{", "}", "&a ", "*a", "? ", "|", ">", "'", "\"", "#", "%", "!", "null",
        "0",
        "---\n", "<<: ", "\u{FEFF}", "-1", "unlimited", "😀", "99999999999999999999",
    ]

    init(seed: UInt64) { state = seed }

    private mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(bound, 1)
    }

    mutating func changed(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...next(4) {
            let place = next(bytes.count)
            switch next(5) {
            case 0: bytes[place] = UInt8(next(256))
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: Self.pieces[next(Self.pieces.count)].utf8, at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + next(40)))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + next(60))], at: next(bytes.count))
            }
            if bytes.isEmpty { return original }
        }
        return bytes
    }
}
