import Profiles
import Testing

@Suite struct UnitsTests {
    @Test(arguments: [
        ("512MiB", 536_870_912), ("1.5GiB", 1_610_612_736), ("64KiB", 65_536), ("500MB", 500_000_000), ("0", 0),
        ("1B", 1), ("0.5KiB", 512), ("1EiB".replacing("1EiB", with: "1024PiB"), 1 << 60), ("0.001kB", 1),
        ("1.0000000001TB", 1_000_000_000_100), ("9007199254740993B", 9_007_199_254_740_993),
    ])
    func `a size is read exactly`(text: String, bytes: UInt64) throws {
        #expect(try ByteCount(parsing: text).bytes == bytes)
    }

    @Test(arguments: [
        ("512", "512MiB"), ("536870912", "536870912B"), ("512M", "512MiB"), ("512m", "512MiB"), ("512mib", "512MiB"),
        ("512Mi", "512MiB"), ("512 MiB", "512MiB"), ("2g", "2GiB"), ("10MIB", "10MiB"), ("5GBi", "5GiB"),
        ("0.3KiB", "307B"),
    ])
    func `a size that is nearly right is refused with what was meant`(text: String, meant: String) {
        #expect(throws: ValueProblem.self) { try ByteCount(parsing: text) }
        do { _ = try ByteCount(parsing: text) } catch { #expect(error.suggestion == meant) }
    }

    @Test(arguments: [
        "", "-1MiB", "NaN", "inf", "1e9B", "0x10MiB", "1.MiB", ".5MiB", "1,5GiB", "+1MiB", "99999999999999999999B",
        "18446744073709551615B", "2048PiB", "1.0.0MiB", "１MiB", "1MiBMiB", "0.0000000000000000001PiB",
    ])
    func `nonsense is no size`(text: String) {
        #expect(throws: ValueProblem.self) { try ByteCount(parsing: text) }
    }

    @Test func `docker's short units are taken from flags only`() throws {
        #expect(try ByteCount(parsing: "512m", flag: true).bytes == 512 << 20)
        #expect(try ByteCount(parsing: "1G", flag: true).bytes == 1 << 30)
        #expect(throws: ValueProblem.self) { try ByteCount(parsing: "512m") }
        #expect(try TimeSpan(parsing: "10", flag: true) == .seconds(10))
        #expect(throws: ValueProblem.self) { try TimeSpan(parsing: "10") }
    }

    @Test(arguments: [("50ms", 50_000), ("30s", 30_000_000), ("5min", 300_000_000), ("1.5h", 5_400_000_000), ("0", 0)])
    func `a time is read`(text: String, microseconds: UInt64) throws {
        #expect(try TimeSpan(parsing: text).microseconds == microseconds)
    }

    @Test(arguments: ["512MiB", "1536MiB", "500MB", "1B", "1025B", "0", "7PiB"])
    func `a printed size can be read again`(text: String) throws {
        #expect(try ByteCount(parsing: text).description == text)
    }

    @Test(arguments: [
        ("cpu: { max: 1.5 }", "150%"), ("cpu: { max: 150% }", "150%"), ("cpu: { max: 0.333333 }", "33.3333%"),
        ("cpu: { max: 1 }", "100%"), ("cpu: { max: unlimited }", "unlimited"),
        ("cpu: { cpus: \"3,0-1,2,7\" }", "0-3,7"),
        ("memory: { max: max }", "unlimited"), ("io: { read: 20MiB/s }", "20MiB/s"),
        ("io: { readOps: 1500/s }", "1500/s"),
        ("network: { egress: 100Mbit/s }", "100Mbit/s"), ("network: { egress: 1MB/s }", "8Mbit/s"),
        ("network: { transfer: 500GiB/month }", "500GiB/month"), ("disk: { inodes: 200k }", "200000"),
        ("pids: { max: 256 }", "256"),
    ])
    func `resources are read in their units`(line: String, text: String) throws {
        let resolution = Shelf().jail("  resources: { \(line) }\n")
        #expect(resolution.findings.isEmpty)
        let row = try #require(
            resolution.spec.rows.first { $0.origin != .builtin && $0.keyPath.hasPrefix("resources") }
        )
        #expect(row.valueText == text)
    }

    @Test(arguments: [
        ("cpu: { max: 100 }", "warning: spec.resources.cpu.max: is 100 CPUs (did you mean 100%?)"),
        ("cpu: { max: 0 }", "less than 1%"), ("cpu: { max: 99999% }", nil),
        ("cpu: { max: 0.0000001 }", "not a whole number of millionths"), ("io: { read: 20MiB }", "20MiB/s"),
        ("io: { read: 100Mbit/s }", "does not end in a known unit"), ("io: { writeOps: 500 }", "500/s"),
        ("network: { egress: 100Mbps }", "100Mbit/s"),
        ("network: { transfer: 500GiB }", "500GiB/month"), ("network: { transfer: 1GiB/mont }", "1GiB/month"),
        ("cpu: { weight: 0 }", "from 1 to 10000"), ("cpu: { cpus: 3-1 }", "list of CPU numbers"),
        ("memory: { max: -1 }", "did you mean unlimited"), ("memory: { max: 1KiB }", "less than 1MiB"),
        ("pids: { max: 0 }", "less than 1"), ("pids: { max: 1.5 }", "whole number"),
    ])
    func `wrong amounts are findings`(line: String, words: String?) throws {
        let text = finding("resources: { \(line) }")
        if let words { #expect(try #require(text).contains(words)) } else { #expect(text == nil) }
    }
}
