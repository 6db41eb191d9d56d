import Launch

/// The command line of QEMU, as its jail sees the files.
struct MonitorCommand {
    var program = "/usr/bin/qemu-system-x86_64"
    var accelerator: Accelerator
    var processors: Int
    var memoryMiB: UInt64
    var kernel: String
    var initramfs: String
    /// Read-only disks, topmost layer first.
    var layers: [String]
    /// The disk that is written; nil for a canary.
    var writable: String?
    /// Where sockets are made.
    var run: String
    var console: String
    /// Ways in beside the first port.
    var entries: Int
    /// Ports of the jail that lead to the same port of the guest; nil without a network.
    var forwards: [Forward]?

    /// One forwarded port.
    struct Forward: Equatable {
        let transport: String
        let port: UInt16
    }

    /// Program and arguments.
    ///
    /// `-sandbox` is QEMU's own list of system calls: one wall more inside that of the jail.
    var words: [String] {
        [program, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35"] + acceleration
            + ["-smp", "\(processors)", "-m", "\(memoryMiB)"]
            + ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
            + ["-kernel", kernel, "-initrd", initramfs, "-append", commandLine]
            + ["-chardev", "file,id=console,path=\(console)", "-serial", "chardev:console"]
            + ["-qmp", "unix:\(run)/qmp,server=on,wait=off", "-device", "virtio-rng-pci"]
            + ["-device", "virtio-serial-pci,max_ports=\(entries + 2)"] + ports + disks + network
    }

    private var acceleration: [String] {
        switch accelerator {
        // Translated code is kept in so many MiB: the default, a quarter of the guest's memory, is paid by the host.
        case .tcg: ["-accel", "tcg,thread=multi,tb-size=128", "-cpu", "max"]
        case .kvm: ["-accel", "kvm", "-cpu", "host"]
        }
    }

    /// What has a value and is not the kernel's becomes a variable of `/init`: Swift's runtime would look for its own
    /// folder in /proc, which is not there yet, and give up.
    // no_timer_check: an emulated timer on a busy host fails the test that old boards need, and the kernel gives up.
    private var commandLine: String { "console=ttyS0 quiet panic=-1 reboot=t no_timer_check rdinit=/init SWIFT_ROOT=/" }

    private var ports: [String] {
        (0...entries).flatMap { number in
            [
                "-chardev", "socket,id=p\(number),path=\(run)/port\(number),server=on,wait=off",
                "-device", "virtserialport,chardev=p\(number),name=bailey.\(number)",
            ]
        }
    }

    private var disks: [String] {
        let read = layers.enumerated().flatMap { index, path in
            [
                "-drive", "file=\(path),if=none,id=layer\(index),format=raw,readonly=on",
                "-device", "virtio-blk-pci,drive=layer\(index)",
            ]
        }
        guard let writable else { return read }
        // A flush of the guest reaches the host's disk: what a database was told is durable is durable.
        return read + [
            "-drive", "file=\(writable),if=none,id=writable,format=raw,cache=writeback,discard=unmap",
            "-device", "virtio-blk-pci,drive=writable",
        ]
    }

    private var network: [String] {
        guard let forwards else { return ["-nic", "none"] }
        let list = forwards.map { ",hostfwd=\($0.transport)::\($0.port)-:\($0.port)" }.joined()
        return ["-netdev", "user,id=net0\(list)", "-device", "virtio-net-pci,netdev=net0"]
    }
}

/// What executes the guest's instructions.
public enum Accelerator: String, Sendable, CaseIterable {
    /// The processor itself, through /dev/kvm.
    case kvm
    /// QEMU's translator: works everywhere, and is slow.
    case tcg
}
