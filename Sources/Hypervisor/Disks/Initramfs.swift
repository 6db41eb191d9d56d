import Glibc
import LinuxKernel

/// An initramfs as the kernel reads it: the `newc` form of cpio, uncompressed.
///
/// Documentation/driver-api/early-userspace/buffer-format.rst.
struct Archive {
    private(set) var bytes: [UInt8] = []
    private var inode = 1

    mutating func directory(_ path: String) { add(path, mode: 0o40755, []) }
    mutating func file(_ path: String, mode: UInt32, _ content: [UInt8]) { add(path, mode: 0o100000 | mode, content) }

    mutating func device(_ path: String, mode: UInt32, major: UInt32, minor: UInt32) {
        add(path, mode: 0o20000 | mode, [], major, minor)
    }

    /// The whole archive, with its end mark.
    func finished() -> [UInt8] {
        var archive = self
        archive.add("TRAILER!!!", mode: 0, [])
        return archive.bytes
    }

    private mutating func add(
        _ path: String,
        mode: UInt32,
        _ content: [UInt8],
        _ major: UInt32 = 0,
        _ minor: UInt32 = 0
    ) {
        let name = Array(path.utf8) + [0]
        // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
        let fields: [UInt32] = [
            UInt32(inode), mode, 0, 0, 1, 0, UInt32(content.count), 0, 0, major, minor, UInt32(name.count), 0,
        ]
        inode += 1
        bytes += Array("070701".utf8)
        for field in fields {
            let digits = String(field, radix: 16)
            bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
        }
        bytes += name
        pad()
        bytes += content
        pad()
    }

    private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }
}

/// The initramfs of a kernel: `bailey-init` as `/init`, and the modules that disks, ports and network need.
struct Initramfs {
    let places: MachinePlaces
    let kernel: KernelStore.Kernel
    let initProgram: String

    /// In the order in which they depend on each other; one that a kernel has built in is left out.
    private static let modules = [
        "virtio", "virtio_ring", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk",
        "virtio_console", "failover", "net_failover", "virtio_net", "overlay",
    ]

    /// The archive's path; made when this kernel and this `bailey-init` have none yet.
    func make() throws(HypervisorError) -> String {
        let status = try attempting("looking at \(initProgram)") { () throws(SyscallError) in
            try Files.status(initProgram, following: true)
        }
        let path = "\(places.initramfs)/\(kernel.version)-\(status.size)-\(status.modified)-\(status.inode)"
        if Files.exists(path) { return path }
        let bytes = try build()
        try attempting("writing \(path)") { () throws(SyscallError) in
            try Files.replace(path, with: bytes, mode: 0o600)
            // Those of programs that were replaced since are of no use to anybody.
            for name in try Files.list(places.initramfs) where !path.hasSuffix("/" + name) && !name.hasPrefix(".") {
                try? Files.remove("\(places.initramfs)/\(name)")
            }
        }
        return path
    }

    private func build() throws(HypervisorError) -> [UInt8] {
        var archive = Archive()
        for folder in ["dev", "proc", "sys", "modules"] { archive.directory(folder) }
        // The kernel opens it for /init before anything is mounted.
        archive.device("dev/console", mode: 0o600, major: 5, minor: 1)
        let files = moduleFiles()
        var list = ""
        for name in Self.modules {
            guard let file = files[name] else { continue }
            let content = try attempting("reading \(file)") { () throws(SyscallError) in try Files.readBytes(file) }
            archive.file("modules/\(name).ko", mode: 0o600, content)
            list += "\(name).ko\n"
        }
        archive.file("modules/list", mode: 0o600, Array(list.utf8))
        let program = try attempting("reading \(initProgram)") { () throws(SyscallError) in
            try Files.readBytes(initProgram, limit: 1 << 28)
        }
        archive.file("init", mode: 0o755, program)
        return archive.finished()
    }

    /// Modules of the kernel by name; Debian's of bookworm are not compressed.
    private func moduleFiles() -> [String: String] {
        var found: [String: String] = [:]
        var folders = ["drivers/virtio", "drivers/block", "drivers/char", "drivers/net", "net/core", "fs/overlayfs"]
        while let folder = folders.popLast() {
            for name in (try? Files.list("\(kernel.modules)/\(folder)")) ?? [] where name.hasSuffix(".ko") {
                found[String(name.dropLast(3))] = "\(kernel.modules)/\(folder)/\(name)"
            }
        }
        return found
    }
}
