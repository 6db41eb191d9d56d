import Glibc
import LinuxKernel
import Testing

/// A root full of traps, beside a folder that no path may reach.
private final class TrappedRoot {
    let folder: TemporaryFolder
    let root: OwnedDescriptor
    var beneath: BeneathRoot { BeneathRoot(root.number) }
    var outside: String { folder.path + "/outside" }

    init() throws {
        folder = try TemporaryFolder()
        for name in ["root", "root/etc", "root/var", "outside"] { try Files.makeDirectory("\(folder.path)/\(name)") }
        try folder.write("secret", to: "outside/secret")
        root = try folder.open("root")
    }

    func link(_ name: String, to target: String) throws {
        try Files.makeLink("\(folder.path)/root/\(name)", to: target)
    }

    func exists(_ name: String) -> Bool { Files.exists("\(folder.path)/root/\(name)") }

    /// Everything that is outside, to see that nothing was added.
    func outsideNames() throws -> [String] { try Files.list(outside) }
}

@Suite struct `Paths beneath a hostile root` {
    @Test func `no spelling of a link reaches a file outside`() throws {
        let trap = try TrappedRoot()
        try trap.link("absolute", to: trap.outside + "/secret")
        try trap.link("relative", to: "../outside/secret")
        try trap.link("folder", to: trap.outside)
        try trap.link("etc/deep", to: "../../../../../../../../../../.." + trap.outside + "/secret")
        for path in [
            "absolute", "relative", "folder/secret", "etc/deep", "../outside/secret", "etc/../../outside/secret",
        ] {
            #expect(throws: SyscallError.self, "\(path)") { _ = try trap.beneath.open(path, O_RDONLY) }
        }
        // The proof that the links are good: followed from the host, they lead there.
        #expect(try Files.readText(trap.folder.path + "/root/absolute") == "secret")
        #expect(try Files.readText(trap.folder.path + "/root/etc/deep") == "secret")
    }

    @Test func `a magic link is refused`() throws {
        let folder = try TemporaryFolder()
        let proc = try Files.open("/proc", O_RDONLY | O_DIRECTORY)
        let beneath = BeneathRoot(proc.number)
        let held = try Files.open(folder.path, O_RDONLY | O_DIRECTORY)
        for path in ["self/root", "self/cwd", "self/exe", "self/fd/\(held.number)"] {
            #expect(throws: SyscallError.self, "\(path)") { _ = try beneath.open(path, O_RDONLY) }
        }
    }

    @Test func `link-free means no link at all, not even a harmless one`() throws {
        let trap = try TrappedRoot()
        try trap.link("lib", to: "var")
        _ = try trap.beneath.open("lib", O_RDONLY | O_DIRECTORY)
        #expect(throws: SyscallError.self) { _ = try trap.beneath.open("lib", O_RDONLY | O_DIRECTORY, linkFree: true) }
        #expect(throws: SyscallError.self) { _ = try trap.beneath.openTarget("lib/x", directory: true, linkFree: true) }
        #expect(!trap.exists("var/x"))
    }

    /// /etc/resolv.conf of Debian, before anything runs that makes what it points to.
    @Test(arguments: [
        "../run/systemd/resolve/stub.conf", "/run/systemd/resolve/stub.conf", "../../../run/systemd/resolve/stub.conf",
    ])
    func `the target of a dangling link is made inside the root`(_ target: String) throws {
        let trap = try TrappedRoot()
        try trap.link("etc/resolv.conf", to: target)
        _ = try trap.beneath.openTarget("/etc/resolv.conf", directory: false)
        #expect(try Files.status(trap.folder.path + "/root/run/systemd/resolve/stub.conf").isRegular)
        #expect(!Files.exists(trap.folder.path + "/run"))
    }

    @Test func `a dangling link that means outside makes nothing there`() throws {
        let trap = try TrappedRoot()
        try trap.link("etc/hosts", to: trap.outside + "/made")
        try trap.link("etc/hostname", to: "../../outside/made")
        try trap.link("etc/chain", to: "link")
        try trap.link("etc/link", to: trap.outside + "/chained")
        for name in ["hosts", "hostname", "chain"] { _ = try trap.beneath.openTarget("/etc/\(name)", directory: false) }
        #expect(try trap.outsideNames() == ["secret"])
        #expect(trap.exists(String(trap.outside.dropFirst()) + "/made"))
        #expect(trap.exists("outside/made"))
    }

    @Test func `links in a circle and names of the wrong kind are refused`() throws {
        let trap = try TrappedRoot()
        try trap.link("etc/self", to: "self")
        try trap.link("etc/ping", to: "pong")
        try trap.link("etc/pong", to: "ping")
        try trap.link("etc/up", to: "nowhere/..")
        for name in ["self", "ping", "up", "../var"] {
            #expect(throws: SyscallError.self, "\(name)") {
                _ = try trap.beneath.openTarget("/etc/\(name)", directory: false)
            }
        }
        #expect(throws: SyscallError.self) { _ = try trap.beneath.openTarget("/etc/self", directory: true) }
    }
}
