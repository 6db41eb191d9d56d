import Comparison
import Testing

@Suite struct `Reports of a comparison` {
    private func bundle() -> Bundle {
        var bundle = Drawn.bundle(["jail": 1.3], rounds: 12, seed: 5)
        bundle.header.command = "bailey compare --seed 5"
        bundle.header.subjects.append(Bundle.Subject(name: "kvm", title: "KVM", reason: "there is no /dev/kvm"))
        bundle.header.facts = [["kernel", "6.1 <with> \"marks\""]]
        return bundle
    }

    @Test func `a bundle is read as it was written`() throws {
        let bundle = bundle()
        #expect(try Bundle(reading: Array(bundle.text.utf8), named: "x") == bundle)
    }

    @Test func `of a run that was killed counts what is whole`() throws {
        let text = bundle().text
        let cut = try #require(text.range(of: "\"place\":20")).lowerBound
        let read = try Bundle(reading: Array(text[..<cut].utf8), named: "x")
        #expect(read.samples.count == 20)
        #expect(!read.isComplete)
        #expect(Report(read).table.contains("did not come to its end"))
    }

    @Test func `the same bundle gives the same bytes`() throws {
        let again = try Bundle(reading: Array(bundle().text.utf8), named: "x")
        #expect(Report(again).html == Report(bundle()).html)
        #expect(Report(again).csv == Report(bundle()).csv)
        #expect(Report(again).markdown == Report(bundle()).markdown)
    }

    @Test func `a subject that did not run is there with its reason, everywhere`() {
        let report = Report(bundle())
        for text in [report.table, report.markdown, report.html] {
            #expect(text.contains("kvm: did not run: there is no /dev/kvm"))
        }
        #expect(report.csv.contains("syscall,kvm,"))
    }

    @Test func `the page escapes what it shows and needs nothing from elsewhere`() {
        let page = Report(bundle()).html
        #expect(page.contains("6.1 &lt;with&gt; &quot;marks&quot;"))
        #expect(page.contains("<svg"))
        #expect(!page.contains("src=") && !page.contains("<script") && !page.contains("<link"))
    }

    @Test func `a difference between two bundles is one that their intervals show`() {
        let table = BundleDifference(bundle(), Drawn.bundle(["jail": 1.8], rounds: 12, seed: 6)).table
        #expect(table.contains(" +") && table.contains(" %"), "\(table)")
        #expect(BundleDifference(bundle(), bundle()).table.contains("no difference seen"))
        #expect(BundleDifference(bundle(), Drawn.bundle([:], rounds: 12, seed: 1)).table.contains("only in the first"))
    }

    @Test(arguments: ["", "x", "{}", "{\"bailey-comparison\":2}", "[]", "{\"bailey-comparison\":1,\"command\":3}"])
    func `what is no bundle is refused with a sentence`(_ text: String) {
        let error = #expect(throws: ComparisonError.self) { try Bundle(reading: Array(text.utf8), named: "file") }
        #expect(error?.description.hasPrefix("reading file: ") == true)
    }

    @Test func `damage in the middle is said with its line`() throws {
        var lines = bundle().text.split(separator: "\n").map(String.init)
        lines[3] = "{\"round\":0}"
        let text = lines.joined(separator: "\n")
        let error = #expect(throws: ComparisonError.self) { try Bundle(reading: Array(text.utf8), named: "file") }
        #expect(error?.description.contains("line 4") == true)
    }
}
