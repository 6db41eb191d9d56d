import Glibc
import LinuxKernel
import Testing

@Suite struct `Signals to the members of a list` {
    @Test func `only who is listed still when its descriptor is open gets one`() throws {
        let member = try Program(["/bin/sleep", "60"])
        let stranger = try Program(["/bin/sleep", "60"])
        // As if the stranger had got the number of a process that ended between the two looks.
        var looks = 0
        Processes.signal(
            members: {
                looks += 1
                return looks == 1 ? [member.pid, stranger.pid] : [member.pid]
            },
            SIGKILL
        )
        #expect(member.wait() == 128 + SIGKILL)
        usleep(100_000)
        #expect(waitpid(stranger.pid, nil, WNOHANG) == 0)
        kill(stranger.pid, SIGKILL)
        #expect(stranger.wait() == 128 + SIGKILL)
    }

    @Test func `neither the caller nor whole groups are ever meant`() throws {
        // Any of these would end this very process, or all others.
        Processes.signal(members: { [0, 1, -1, getpid()] }, SIGKILL)
    }

    @Test func `all of many get one`() throws {
        let programs = try (0..<150).map { _ in try Program(["/bin/sleep", "60"]) }
        Processes.signal(members: { Set(programs.map(\.pid)) }, SIGKILL)
        for program in programs { #expect(program.wait() == 128 + SIGKILL) }
    }
}
