import Testing
import YAML

/// Damaged and invented texts: each is read within the bounds, or is a problem with a place inside of it.
@Suite(.timeLimit(.minutes(2))) struct `Texts nobody wrote` {
    private static let bounds = YAMLReader.Bounds(bytes: 4_096, depth: 8, nodes: 500)

    private static let originals = [
        "a: &x [1, 'two', \"thr\\ee\"]\nb: *x\nc: {d: e, f: [*x, *x]}\n",
        "%YAML 1.1\n%TAG !e! tag:example.com,2000:\n--- !e!x\n? [complex, {key: k}]\n: |2-\n    text\n   more\n...\n---\nsecond\n",
        "list:\n- - - deep\n  - &a {k: &b v}\n- *a\n- >+\n folded\n\n text\n\n# comment\nend: !!str null\n",
        "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n",
        "k: v\nk: w\n'q': {z: 1, z: 2}\n\"\\u00e9\": é😀\n",
    ].map { Array($0.utf8) }

    @Test(arguments: [YAMLReader.Rule.taken, .refused])
    func `are read within bounds or refused with a place`(rule: YAMLReader.Rule) {
        let reader = YAMLReader(bounds: Self.bounds, aliases: .taken, doubleKeys: rule)
        var random = Mutations(seed: 20_261_125)
        var (read, refused) = (0, 0)
        for round in 0..<12_000 {
            let text =
                round % 3 == 0 ? random.invented() : random.changed(Self.originals[round % Self.originals.count])
            do throws(YAMLProblem) {
                let documents = try reader.documents(in: text)
                let sizes = documents.map(\.measured)
                #expect(sizes.reduce(0) { $0 + $1.nodes } <= Self.bounds.nodes)
                #expect(sizes.allSatisfy { $0.height <= Self.bounds.depth })
                read += 1
            } catch {
                // One line more than the text has is the place behind its end.
                let lines = text.count { [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains($0) } + 2
                #expect((1...lines).contains(error.position.line), "\(error.line)")
                #expect((1...text.count + 2).contains(error.position.column), "\(error.line)")
                #expect(!error.words.isEmpty)
                refused += 1
            }
        }
        // Neither outcome is so rare that the other one proves nothing.
        #expect(read > 500 && refused > 500, "\(read) read, \(refused) refused")
    }
}

/// Small damage of the kinds that hands and disks do; the same for the same seed.
private struct Mutations {
    private var state: UInt64
    private static let pieces = [
        "\n", " ", "\t", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "? ", "|\n", ">\n", "'", "\"", "#", "%TAG ! x\n",
        "!t ",
        "null", "---\n", "...\n", "<<: ", "\u{FEFF}", "\\", "é", "😀", "\0", "\u{85}", "\u{2028}", ", ", "a", "  ",
        "&a [*a, *a]",
    ].map { Array($0.utf8) }

    init(seed: UInt64) { state = seed }

    private mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(bound, 1)
    }

    private mutating func piece() -> [UInt8] { Self.pieces[next(Self.pieces.count)] }

    mutating func invented() -> [UInt8] { (0..<next(60)).flatMap { _ in piece() } }

    mutating func changed(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...next(4) {
            let place = next(bytes.count)
            switch next(5) {
            case 0: bytes[place] = UInt8(next(256))
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: piece(), at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + next(40)))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + next(60))], at: next(bytes.count))
            }
            if bytes.isEmpty { return original }
        }
        return bytes
    }
}
