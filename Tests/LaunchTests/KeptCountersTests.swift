import Launch
import Testing

@Suite("counters on disk") struct KeptCountersTests {
    @Test func `What was kept is read as it was`() {
        let kept = KeptCounters(
            run: 42,
            texts: ["/a/pids.events": "max 5", "/a/cpu.stat": "a 1\nb 2", "/a/io.stat": ""]
        )
        let read = KeptCounters(kept.text)
        #expect(read?.run == 42 && read?.texts["/a/cpu.stat"] == "a 1\nb 2" && read?.texts["/a/pids.events"] == "max 5")
        #expect(KeptCounters("") == nil && KeptCounters("run x\n") == nil)
    }
}
