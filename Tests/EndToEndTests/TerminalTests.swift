import Foundation
import Testing

/// A terminal driven from outside: `pty COMMAND…` starts it, and each `> TEXT` is typed once `< TEXT` has been seen.
private let terminal = #"""
    import os, pty, sys, select, time, struct, fcntl, termios, signal
    steps = sys.argv[1].split("|"); command = sys.argv[2:]
    pid, fd = pty.fork()
    if pid == 0: os.execvp(command[0], command)
    def size(r, c): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", r, c, 0, 0))
    size(33, 101); before = termios.tcgetattr(fd); seen = b""; end = time.time() + 20
    def pull(wait):
        global seen
        if not select.select([fd], [], [], wait)[0]: return True
        try: data = os.read(fd, 65536)
        except OSError: data = b""
        seen += data; return bool(data)
    for step in steps:
        kind, rest = step[0], step[1:].encode().decode("unicode_escape").encode("latin1")
        if kind == "<":
            while rest not in seen and time.time() < end and pull(0.2): pass
            if rest not in seen: print("NOT SEEN", rest, seen); os.kill(pid, 9); sys.exit(1)
            seen = seen[seen.index(rest) + len(rest):]
        elif kind == ">": os.write(fd, rest)
        elif kind == "w": time.sleep(0.5)
        elif kind == "s": size(*map(int, rest.split(b"x")))
    while time.time() < end and pull(0.2):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done: break
    else: done, status = os.waitpid(pid, 0 if time.time() < end else os.WNOHANG)
    print("exit", os.waitstatus_to_exitcode(status) if done else "never", "restored", termios.tcgetattr(fd) == before)
    """#

extension EndToEnd {
    @Suite("a terminal", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct TerminalTests {
        private func drive(_ host: Host, _ steps: String, _ command: String) async throws -> String {
            try terminal.write(toFile: host.folder + "/terminal.py", atomically: true, encoding: .utf8)
            return try await host.output("python3 $F/terminal.py '\(steps)' \(command)", timeout: 40)
        }

        @Test func `The guest sits at a terminal of its own, of the caller's size, and sees it change`() async throws {
            try await withHost { host in
                let steps =
                    #"<# |>tty\n|</dev/|<# |>stty size\n|<33 101|<# |s40x120|>sleep 0.5; stty size\n|<40 120|<# |>exit 4\n"#
                let end = try await drive(host, steps, "$J -it -e 'PS1=# ' -- sh")
                #expect(end == "exit 4 restored True")
            }
        }

        @Test func `Ctrl-C reaches the guest, and not Bailey`() async throws {
            try await withHost { host in
                let steps = #"<# |>sleep 50\n|<50|w|>\x03|<# |>echo code-$?\n|<code-130|>exit\n"#
                let end = try await drive(host, steps, "$J -it -e 'PS1=# ' -- sh")
                #expect(end.hasSuffix("restored True"), "\(end)")
            }
        }

        @Test func `Job control works in the guest`() async throws {
            try await withHost { host in
                let steps = #"<# |>sleep 50\n|<50|w|>\x1a|<Stopped|<# |>fg\n|<sleep 50|w|>\x03|<# |>exit\n"#
                let end = try await drive(host, steps, "$J -it -e 'PS1=# ' -- sh")
                #expect(end.hasSuffix("restored True"), "\(end)")
            }
        }

        @Test func `exec -it has a terminal of the jail's, too`() async throws {
            try await withHost { host in
                _ = try await host.output("$D -- sleep 60")
                let steps = #"<# |>stty size\n|<33 101|<# |>exit 6\n"#
                let end = try await drive(host, steps, "$B exec -it -e 'PS1=# ' $N sh")
                #expect(end == "exit 6 restored True")
            }
        }
    }
}
