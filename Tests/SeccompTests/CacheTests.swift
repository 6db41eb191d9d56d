import Foundation
import Testing

@testable import Seccomp

struct CacheTests {
    private let policies: TemporaryDirectory
    private let store: TemporaryDirectory
    private let library: PolicyLibrary
    private let cache: SeccompCache

    init() throws {
        policies = try TemporaryDirectory()
        store = try TemporaryDirectory()
        library = PolicyLibrary(directories: [policies.path])
        cache = SeccompCache(directory: store.path + "/seccomp")
        try policies.write("base.yaml", Self.base)
        try policies.write(
            "t.yaml",
            """
            apiVersion: bailey/v1
            kind: SeccompPolicy
            metadata: { name: t }
            spec: { extends: base, rules: [{ allow: [write] }] }
            """
        )
    }

    private static let base = document("    - allow: [read]").replacing("name: t", with: "name: base")

    private func entries() throws -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: store.path + "/seccomp")) ?? []
        return names.sorted().map { "\(store.path)/seccomp/\($0)" }
    }

    /// Replaces the program of the only entry by one that allows everything: what comes back tells where it came from.
    private func mark(_ capabilities: UInt64 = 0) throws -> SeccompProgram {
        let everything = try SeccompProgram([BPFInstruction(code: BPFCode.returnValue, k: 0x7FFF_0000)])
        let path = try #require(try entries().first)
        let entry = try #require(CacheEntry(bytes: Array(Data(contentsOf: URL(filePath: path)))))
        let marked = CacheEntry(capabilities: entry.capabilities, sources: entry.sources, program: everything)
        try Data(marked.bytes).write(to: URL(filePath: path))
        return everything
    }

    @Test
    func `a program is compiled once and found again`() throws {
        let first = try cache.program(for: "t", in: library, capabilities: 0)
        #expect(try first == SeccompCompiler.compile(library.load("t"), capabilities: 0))
        #expect(try entries().count == 1)
        let marked = try mark()
        #expect(try cache.program(for: "t", in: library, capabilities: 0) == marked)
    }

    @Test
    func `other capabilities are another program`() throws {
        _ = try cache.program(for: "t", in: library, capabilities: 0)
        let marked = try mark()
        #expect(try cache.program(for: "t", in: library, capabilities: 1) != marked)
        #expect(try entries().count == 2)
    }

    @Test(arguments: ["t.yaml", "base.yaml"])
    func `a changed file, be it the policy or what it extends, is compiled anew`(_ file: String) throws {
        _ = try cache.program(for: "t", in: library, capabilities: 0)
        let marked = try mark()
        let path = "\(policies.path)/\(file)"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try policies.write(file, text + "\n# changed\n")
        #expect(try cache.program(for: "t", in: library, capabilities: 0) != marked)
    }

    @Test
    func `an entry of another policy under the same name decides nothing`() throws {
        _ = try cache.program(for: "t", in: library, capabilities: 0)
        _ = try cache.program(for: "base", in: library, capabilities: 0)
        let files = try entries()
        #expect(files.count == 2)
        // As if the digests had collided.
        let (one, two) = (try Data(contentsOf: URL(filePath: files[0])), try Data(contentsOf: URL(filePath: files[1])))
        try two.write(to: URL(filePath: files[0]))
        try one.write(to: URL(filePath: files[1]))
        for name in ["t", "base"] {
            let expected = try SeccompCompiler.compile(library.load(name), capabilities: 0)
            #expect(try cache.program(for: name, in: library, capabilities: 0) == expected)
        }
    }

    @Test
    func `a torn or changed entry is ignored and written again`() throws {
        let program = try cache.program(for: "t", in: library, capabilities: 0)
        let path = try #require(try entries().first)
        let whole = Array(try Data(contentsOf: URL(filePath: path)))
        for length in stride(from: 0, to: whole.count, by: 7) {
            #expect(CacheEntry(bytes: Array(whole.prefix(length))) == nil)
        }
        for place in 0..<whole.count {
            var changed = whole
            changed[place] ^= 0x10
            // What is not noticed at once is a source or the mask, and those are compared.
            if let entry = CacheEntry(bytes: changed) {
                #expect(entry.program == program && entry != CacheEntry(bytes: whole))
            }
        }
        try Data(whole.dropLast(3)).write(to: URL(filePath: path))
        #expect(try cache.program(for: "t", in: library, capabilities: 0) == program)
        #expect(Array(try Data(contentsOf: URL(filePath: path))) == whole)
    }

    @Test
    func `an entry that others can write is ignored`() throws {
        _ = try cache.program(for: "t", in: library, capabilities: 0)
        let marked = try mark()
        let path = try #require(try entries().first)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        #expect(try cache.program(for: "t", in: library, capabilities: 0) != marked)
    }

    @Test
    func `a cache that cannot be written still gives the program, and a broken policy leaves none`() throws {
        let nowhere = SeccompCache(directory: policies.path + "/t.yaml/below-a-file")
        #expect(throws: Never.self) { try nowhere.program(for: "t", in: library, capabilities: 0) }
        try policies.write("base.yaml", Self.base.replacing("read", with: "raed"))
        #expect(throws: SeccompError.self) { try cache.program(for: "t", in: library, capabilities: 0) }
        #expect(try entries().isEmpty)
    }
}
