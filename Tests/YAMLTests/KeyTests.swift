import Testing
import YAML

@Suite struct `Keys that are given twice` {
    private var keeping: YAMLReader {
        var reader = ordinary
        reader.doubleKeys = .taken
        return reader
    }

    private func mapping(_ text: String) throws -> Node.Mapping {
        guard case .mapping(let mapping)? = try keeping.document(in: text) else { throw NoMapping() }
        return mapping
    }

    private struct NoMapping: Error {}

    @Test(arguments: [
        ("a: 1\nb: 2\na: 3\n", "3:1 doubleKey: the key \"a\" is given twice, first in line 1"),
        ("x:\n  - {k: 1, 'k': 2, \"k\": 3}\n", "2:12 doubleKey: the key \"k\" is given twice, first in line 2"),
        ("{&k a: 1, *k : 2}", "1:2 doubleKey: the key \"a\" is given twice, first in line 1"),
        ("? {a: 1, a: 2}\n: x\n", "1:10 doubleKey: the key \"a\" is given twice, first in line 1"),
        ("'': 1\n'': 2\n", "2:1 doubleKey: the key \"\" is given twice, first in line 1"),
        ("{\"\\e[31m\": 1, \"\\e[31m\": 2}", "1:15 doubleKey: the key \"?[31m\" is given twice, first in line 1"),
    ])
    func `are refused with the place of the second mention`(text: String, expected: String) {
        #expect(ordinary.problem(in: text)?.line == expected)
    }

    @Test func `are all there, in order, for whoever goes on behind them`() throws {
        let mapping = try mapping("{b: 1, a: 2, b: 3, c: 4, a: 5, b: 6, [x]: 7, [x]: 8}")
        #expect(mapping.count == 8)
        #expect(mapping["b"]?.string == "6")
        #expect(mapping.doubleKeys.map(\.name) == ["a", "b"])
        #expect(mapping.doubleKeys.map(\.indices) == [[1, 4], [0, 2, 5]])
    }

    @Test func `keys alike in different mappings are no double keys`() throws {
        #expect(ordinary.problem(in: "a: {a: {a: [{a: 1}, {a: 2}]}}\n---\na: 1\n") == nil)
        #expect(try mapping("{a: 1, A: 2, 'a ': 3}").doubleKeys.isEmpty)
    }
}
