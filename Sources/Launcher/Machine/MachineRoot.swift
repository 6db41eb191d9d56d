import Glibc
import Launch
import LinuxKernel

/// Puts the root of a virtual machine's guest together: the same layers as in a jail, on disks of their own.
enum MachineRoot {
    /// Where the writable disk is, below the root that only the first process still has.
    static let writable = "/writable"

    /// Mounts the layers, enters the root, and sets up what every program expects.
    ///
    /// - Throws: ``SyscallError``; the machine is then of no use and must go off.
    static func make(_ setup: MachineSetup) throws(SyscallError) {
        var lower: [String] = []
        for index in 0..<Int(min(setup.layers, 20)) {
            lower.append(try mountDisk(index, at: "/layer\(index)", readOnly: true))
        }
        let writable = try mountDisk(lower.count, at: Self.writable, readOnly: false)
        let options = [
            "lowerdir=" + lower.joined(separator: ":"), "upperdir=\(writable)/upper", "workdir=\(writable)/work",
        ]
        let root = try Mounts.make("overlay", options: options)
        try BareMachine.enterRoot(root.number)
        try mountKernelFiles()
        try writeFiles(setup)
        try Namespaces.setHostName(setup.hostname)
        try Namespaces.bringUpLoopback()
        if let network = setup.network { try connect(network) }
        if setup.readOnlyRoot { try Mounts.set(1, on: root.number, named: "/") }
        try mark()
    }

    /// Disks have the letters a, b, c in the order the monitor was given them.
    private static func mountDisk(_ index: Int, at place: String, readOnly: Bool) throws(SyscallError) -> String {
        let device = "/dev/vd" + String(Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(index))))
        for _ in 0..<400 where !Files.exists(device) { Events.sleep(milliseconds: 10) }
        try Files.makeDirectories(place)
        // noatime: reading must not write.
        let options = ["source=" + device] + (readOnly ? ["ro"] : [])
        let disk = try Mounts.make("ext4", options: options, attributes: (readOnly ? 1 : 0) | 0x10)
        try attach(disk.number, place)
        return place
    }

    private static func mountKernelFiles() throws(SyscallError) {
        let all: [(type: String, place: String, options: [String], attributes: UInt64)] = [
            ("proc", "/proc", [], 0xE), ("sysfs", "/sys", [], 0xE), ("devtmpfs", "/dev", [], 0),
            ("devpts", "/dev/pts", ["gid=5", "mode=620", "ptmxmode=666"], 0xA),
            ("tmpfs", "/dev/shm", ["mode=1777"], 0x6), ("mqueue", "/dev/mqueue", [], 0xE),
            ("tmpfs", "/run", ["mode=755"], 0x6), ("cgroup2", "/sys/fs/cgroup", [], 0xE),
        ]
        for one in all {
            if !Files.exists(one.place) { try Files.makeDirectories(one.place) }
            try mount(one.type, at: one.place, options: one.options, attributes: one.attributes)
        }
        for (name, target) in [
            ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
            ("stderr", "/proc/self/fd/2"),
        ] where !Files.exists("/dev/" + name) {
            try Files.makeLink("/dev/" + name, to: target)
        }
    }

    /// Mounts a file system of the kernel's at a directory.
    static func mount(
        _ type: String,
        at place: String,
        options: [String] = [],
        attributes: UInt64 = 0
    ) throws(SyscallError) {
        let mount = try Mounts.make(type, options: options, attributes: attributes)
        try attach(mount.number, place)
    }

    private static func attach(_ mount: Int32, _ place: String) throws(SyscallError) {
        let target = try Files.open(place, OpenFlag.pathOnly | O_DIRECTORY)
        try Mounts.attach(mount, to: target.number, named: place)
    }

    private static func writeFiles(_ setup: MachineSetup) throws(SyscallError) {
        if !Files.exists("/etc") { try Files.makeDirectories("/etc") }
        try replace("/etc/hostname", with: setup.hostname + "\n")
        try replace("/etc/hosts", with: "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 \(setup.hostname)\n")
        if let network = setup.network { try replace("/etc/resolv.conf", with: network.resolver) }
    }

    /// A link of the template's is replaced, not followed.
    private static func replace(_ path: String, with text: String) throws(SyscallError) {
        try Files.replace(path, with: Array(text.utf8), mode: 0o644)
    }

    private static func connect(_ network: MachineNetwork) throws(SyscallError) {
        try NetworkInside.configure(
            InterfaceSteps(
                name: "eth0",
                addresses: [InterfaceAddressStep(network.address, prefix: network.prefix)],
                gateways: [network.gateway]
            )
        )
    }

    /// Tells the first process that entries can be served now.
    private static func mark() throws(SyscallError) { try Files.replace("/run/bailey-machine", with: []) }
}
