import Engine
import Testing

@testable import Declarations

@Suite("declarations") struct DeclarationTests {
    static let sample: Declaration = {
        var said = Declaration()
        said.document = Declaration.Document(
            path: "odd\nname.yaml",
            firstLine: 7,
            text:
                "apiVersion: bailey/v1\nkind: Jail\nmetadata: { name: web }\nspec:\n  extends: [size]\n  template: t\n  command: [x]\n"
        )
        said.library = [
            Declaration.Profile(
                name: "size",
                path: "/p/size.yaml",
                text: "apiVersion: bailey/v1\nkind: Profile\nspec: { resources: { memory: { max: 64MiB } } }\n"
            )
        ]
        said.flags = [Declaration.Flag(flag: "--pids", keyPath: "resources.pids.max", text: "7")]
        said.command = ["sh", "-c", "printf 'a\nb ü'", ""]
        return said
    }()

    @Test func `A declaration is the same after it was written and read`() {
        #expect(Declaration(Self.sample.bytes) == Self.sample)
        #expect(Declaration(Declaration().bytes) == Declaration())
    }

    @Test func `A declaration that is cut or altered is not taken for another`() {
        let whole = Self.sample.bytes
        for length in 0..<whole.count {
            let cut = Declaration(Array(whole.prefix(length)))
            #expect(cut != Self.sample)
        }
        #expect(Declaration(Array("bailey declaration 1\nword -1\n\n".utf8)) == nil)
        #expect(Declaration(Array("bailey declaration 1\nword 99999999999999999999\nx\n".utf8)) == nil)
        #expect(Declaration(Array("bailey declaration 1\nwhat 1\nx\n".utf8)) == nil)
    }

    @Test func `Read again, values have the origins that they had`() throws {
        let resolution = DeclarationReader.resolve(Self.sample)
        #expect(resolution.findings.isEmpty, "\(resolution.findings)")
        let spec = resolution.spec
        #expect(spec.resources.memory.max?.origin.description == "/p/size.yaml:3:37")
        #expect(spec.template?.origin.description == "odd\nname.yaml:12:13")
        #expect(spec.resources.maxProcesses.origin.description == "--pids")
        #expect(spec.command?.value.last == "")
    }

    @Test func `A profile that was not kept is missed, wherever else it may be`() {
        var said = Self.sample
        said.library = []
        #expect(DeclarationReader.resolve(said).findings.hasErrors)
    }
}
