import Foundation
import Testing

@testable import Seccomp

/// What operators and tenants rely on, said call by call.
struct ShippedPolicyTests {
    private static let administration = [
        "bpf", "perf_event_open", "userfaultfd", "kexec_load", "kexec_file_load", "init_module", "finit_module",
        "delete_module", "open_by_handle_at", "keyctl", "add_key", "request_key", "swapon", "swapoff", "iopl", "ioperm",
    ]

    @Test(arguments: ["default", "default32", "webhost", "system"], capabilitySets)
    func `what acts on the host is denied under every policy, whatever the capabilities`(
        _ name: String,
        _ capabilities: UInt64
    ) throws {
        let program = try SeccompCompiler.compile(shipped.load(name), capabilities: capabilities)
        for call in Self.administration { #expect(try action(program, call) == .refuse, "\(call)") }
        for call in ["io_uring_setup", "io_uring_enter", "io_uring_register"] {
            #expect(try action(program, call) == .absent)
        }
        for family: UInt64 in [38, 40, 0x1_0000_0028] { #expect(try !action(program, "socket", [family]).permits) }
        for request: UInt64 in [0x5412, 0x541C, 0xFFFF_FFFF_0000_5412] {
            #expect(try action(program, "ioctl", [0, request]) == .refuse)
        }
        #expect(try action(program, "ioctl", [0, 0x5413]) == .allow)
        #expect(try action(program, "personality", [0x0040_0000]) == .refuse)
        #expect(try action(program, "personality", [0xFFFF_FFFF]) == .allow)
    }

    @Test(arguments: ["default", "webhost"])
    func `without capabilities there are no mounts and no namespaces`(_ name: String) throws {
        let program = try SeccompCompiler.compile(shipped.load(name), capabilities: 0)
        let calls = [
            "mount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
            "mount_setattr", "setns", "unshare", "sethostname", "reboot", "chroot", "settimeofday", "syslog", "acct",
        ]
        for call in calls where call != "chroot" || name == "default" {
            #expect(try action(program, call) == .refuse, "\(call)")
        }
        #expect(try action(program, "clone3") == .absent)
        // SIGCHLD alone, a thread, and each namespace.
        #expect(try action(program, "clone", [17]) == .allow)
        #expect(try action(program, "clone", [0x3D_0F00]) == .allow)
        for bit in [17, 25, 26, 27, 28, 29, 30] as [UInt64] {
            #expect(try action(program, "clone", [1 << bit | 17]) == .refuse)
        }
    }

    @Test
    func `the default policy opens what a capability is for`() throws {
        let program = try SeccompCompiler.compile(shipped.load("default"), capabilities: .max)
        for call in ["mount", "unshare", "setns", "clone3", "chroot", "reboot"] {
            #expect(try action(program, call) == .allow)
        }
        #expect(try action(program, "clone", [0x7E02_0000]) == .allow)
    }

    @Test
    func `an i386 process makes sockets without socketcall, or under default32`() throws {
        let strict = try SeccompCompiler.compile(shipped.load("default"), capabilities: 0)
        #expect(try action(strict, "socketcall", [1], on: .i386) == .refuse)
        #expect(try action(strict, "socketcall", [3], on: .i386) == .allow)
        #expect(try action(strict, "socket", [2], on: .i386) == .allow)
        #expect(try action(strict, "socket", [40], on: .i386) == .errno(97))
        let wide = try SeccompCompiler.compile(shipped.load("default32"), capabilities: 0)
        #expect(try action(wide, "socketcall", [1], on: .i386) == .allow)
    }

    @Test
    func `webhost keeps debuggers, rare sockets and 32-bit calls out`() throws {
        let program = try SeccompCompiler.compile(shipped.load("webhost"), capabilities: .max)
        for call in ["ptrace", "process_vm_readv", "pidfd_getfd", "mount", "unshare", "vmsplice", "modify_ldt"] {
            #expect(try action(program, call) == .refuse)
        }
        #expect(try action(program, "clone", [0x1000_0000]) == .refuse)
        for family: UInt64 in [1, 2, 10, 16] { #expect(try action(program, "socket", [family]) == .allow) }
        for family: UInt64 in [0, 3, 9, 15, 17, 38, 40] {
            #expect(try action(program, "socket", [family]) == .errno(97))
        }
        #expect(try action(program, "read", on: .i386) == .killProcess)
        let needed = [
            "accept4", "epoll_wait", "io_submit", "sendfile", "futex", "mmap", "execve", "clone", "wait4", "setuid",
            "prctl", "seccomp", "getrandom", "memfd_create", "fallocate", "semop", "shmget", "rseq", "statx", "splice",
        ]
        for call in needed { #expect(try action(program, call) == .allow, "\(call)") }
    }

    // What default opens to a capability has to be taken back by name: a call added there must not slip through here.
    @Test
    func `under webhost a capability opens chroot and memory policy, and nothing else`() throws {
        let policy = try shipped.load("webhost")
        let (without, with) = (policy.verdicts(capabilities: 0), policy.verdicts(capabilities: .max))
        let fallback = CallVerdict(otherwise: policy.fallback)
        let opened = SyscallTable.native.numbers.keys.filter { (without[$0] ?? fallback) != (with[$0] ?? fallback) }
        #expect(opened.sorted() == ["chroot", "get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"])
    }

    @Test
    func `system lets init mount, make namespaces, name and reboot the jail, and still not touch the host`() throws {
        let program = try SeccompCompiler.compile(shipped.load("system"), capabilities: 0)
        let needed = [
            "mount", "umount2", "pivot_root", "unshare", "setns", "clone3", "sethostname", "reboot", "chroot",
            "vhangup",
            "setuid", "setresgid", "capset", "kcmp", "fsopen", "move_mount", "statmount",
        ]
        for call in needed { #expect(try action(program, call) == .allow, "\(call)") }
        #expect(try action(program, "clone", [0x7E02_0011]) == .allow)
        for call in ["settimeofday", "clock_settime", "syslog", "acct"] {
            #expect(try action(program, call) == .refuse, "\(call)")
        }
    }

    @Test
    func `programs are short`() throws {
        for name in shipped.names {
            for capabilities in capabilitySets {
                let program = try SeccompCompiler.compile(shipped.load(name), capabilities: capabilities)
                #expect(program.instructions.count < 350)
            }
        }
    }

    @Test
    func `the example in the README is a policy that works`() throws {
        let readme = try String(
            decoding: Data(contentsOf: URL(filePath: "\(shippedDirectory)/README.md")),
            as: UTF8.self
        )
        let lines = readme.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.contains("apiVersion:") })
        let example = lines[start...].prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n")
        let directory = try TemporaryDirectory()
        try directory.write("shop.yaml", example)
        let library = PolicyLibrary(directories: [directory.path, shippedDirectory])
        let program = try SeccompCompiler.compile(library.load("shop"), capabilities: [23])
        #expect(try action(program, "socket", [17]) == .allow)
        #expect(try action(program, "socket", [1]) == .allow)
        #expect(try action(program, "socket", [40]) == .errno(97))
        #expect(try action(program, "memfd_create") == .absent)
        #expect(try action(program, "ptrace") == .killProcess)
        #expect(try action(program, "chroot") == .log)
        #expect(try action(program, "mbind") == .allow)
    }

    @Test
    func `a description counts calls and names the line that decides one`() throws {
        let policy = try shipped.load("system")
        let description = try policy.description(capabilities: 0)
        #expect(description.chain == ["system", "default"])
        #expect(description.architectures == [.native, .i386])
        #expect(description.allowed + description.conditional + description.denied == SyscallTable.native.numbers.count)
        #expect(description.conditional == 3)
        #expect(description.allowed > 300)
        let call = try #require(policy.description(of: "ioctl", capabilities: 0))
        #expect(call.number == 16)
        #expect(
            call.verdict.description == "errno EPERM if argument 1 & 0xffffffff equal 0x5412, "
                + "errno EPERM if argument 1 & 0xffffffff equal 0x541c, else allow"
        )
        #expect(call.origins.allSatisfy { $0.file.hasSuffix("default.yaml") && $0.line > 1 })
        #expect(call.origins.count == 3)
        #expect(policy.description(of: "bpf", capabilities: 0)?.origins.isEmpty == true)
        #expect(policy.description(of: "read", on: .x32, capabilities: 0)?.verdict.otherwise == .absent)
        #expect(policy.description(of: "raed", capabilities: 0) == nil)
    }
}
