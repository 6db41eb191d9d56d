import Launch
import Testing

@Suite struct StartRecordTests {
    static let record = StartRecord(plan: [1, 2, 3], explanation: Array("value\ta\n".utf8))

    @Test func `a record comes back as it was written`() throws {
        #expect(StartRecord(Self.record.bytes) == Self.record)
    }

    @Test func `the process is noted in its place, without touching the rest`() throws {
        var bytes = Self.record.bytes
        let process = StartRecord.Process(pid: 4711, startTime: 1 << 40)
        let place = Int(StartRecord.processOffset)
        bytes.replaceSubrange(place..<(place + 16), with: StartRecord.processBytes(process))
        let read = try #require(StartRecord(bytes))
        #expect(read.process == process)
        #expect(read.plan == Self.record.plan && read.explanation == Self.record.explanation)
    }

    @Test func `a record that was not written to its end is none`() {
        let bytes = Self.record.bytes
        for length in 0..<bytes.count { #expect(StartRecord(Array(bytes.prefix(length))) == nil, "\(length) bytes") }
        #expect(StartRecord(bytes + [0]) == nil)
    }

    @Test func `lengths that lie are refused`() {
        for place in 8..<24 {
            for value in [UInt8(0), 0x7f, 0xff] {
                var bytes = Self.record.bytes
                guard bytes[place] != value else { continue }
                bytes[place] = value
                #expect(StartRecord(bytes) == nil, "byte \(place) as \(value)")
            }
        }
    }
}
