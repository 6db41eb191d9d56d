import Testing

@testable import CommandLineTool
@testable import StartCommands

/// The quick reader of command lines must agree with the argument parser wherever it does not pass.
@Suite struct HotLineTests {
    static let lines: [[String]] = [
        ["run", "--rootfs", "/r", "--", "/bin/true"], ["run", "--rootfs", "/r", "/bin/echo", "-n", "x"],
        ["run", "--rm", "-it", "--template", "busybox"], ["run", "-d", "--name=web1", "--template=debian"],
        ["run", "-e", "A=B", "-e", "C=D", "-v", "/a:/b:ro", "-w", "/srv", "-u", "33:33", "--rootfs", "/r", "id"],
        [
            "run", "--memory", "64MiB", "--cpus", "1.5", "--pids", "64", "--read-only", "--rootfs", "/r", "--", "sh",
            "-c", "--",
        ],
        [
            "run", "--cap-add", "NET_RAW", "--cap-drop", "ALL", "--seccomp", "unconfined", "--hostname", "h",
            "--rootfs", "/r", "x",
        ],
        ["run", "-f", "jail.yaml", "--profile", "webhost/small", "--json"], ["run", "--file=-", "--", "x"],
        [
            "run", "-m", "1GiB", "--ulimit", "nofile=1:2", "--sysctl", "a.b=c", "--shm-size", "1MiB", "--rootfs", "/r",
            "x",
        ],
    ]

    @Test(arguments: lines)
    func `run is read as the parser reads it`(line: [String]) throws {
        guard case .run(let quick) = try #require(HotLine.parse(line)) else {
            Issue.record("not a run")
            return
        }
        let parsed = try #require(try Bailey.parseAsRoot(line) as? RunCommand).options
        #expect(sorted(quick) == sorted(parsed))
    }

    private func sorted(_ options: RunOptions) -> RunOptions {
        var options = options
        let order = SpecFlag.all.map(\.long)
        // The parser gives flags in the order of the table; among equal flags both keep the order given.
        options.settings = options.settings.enumerated().sorted { left, right in
            let places = (order.firstIndex(of: left.element.flag.long), order.firstIndex(of: right.element.flag.long))
            return (places.0 ?? 0, left.offset) < (places.1 ?? 0, right.offset)
        }.map(\.element)
        return options
    }

    @Test(arguments: [
        ["exec", "web1", "--", "/bin/true"],
        ["exec", "-it", "-e", "A=B", "-w", "/srv", "-u", "33", "web1", "sh", "-c", "x"],
    ])
    func `exec is read as the parser reads it`(line: [String]) throws {
        guard case .exec(let quick) = try #require(HotLine.parse(line)) else {
            Issue.record("not an exec")
            return
        }
        #expect(quick == (try #require(try Bailey.parseAsRoot(line) as? ExecCommand)).options)
    }

    @Test(arguments: [
        ["run", "--help"], ["run", "--memroy", "5"], ["run", "--memory"], ["run", "-dx", "y"],
        ["run", "--rm=true", "x"],
        ["exec", "web1"], ["ls"], [],
    ])
    func `a line with any doubt is left to the parser`(line: [String]) {
        #expect(HotLine.parse(line) == nil)
    }

    @Test func `every flag of the table is a flag of the parser`() {
        let help = RunCommand.helpMessage()
        for flag in SpecFlag.all { #expect(help.contains(flag.long), "\(flag.long)") }
    }
}
