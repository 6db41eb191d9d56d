import Glibc
import Launch
import Launcher
import LinuxKernel

/// What booting a guest has shown about an accelerator of this host.
public struct CanaryResult: Equatable, Sendable {
    /// What this host has.
    public enum Class: String, Sendable {
        /// The processor runs guests itself.
        case hardware = "hardware KVM"
        /// This host is a guest too, and its host lends it the processor.
        case nested = "nested KVM"
        /// /dev/kvm opens, and a stock kernel does not come up under it.
        case unable = "KVM that cannot boot a stock kernel"
        /// There is no way at all; the reason says why.
        case unavailable
        /// QEMU's translator works.
        case emulated = "software emulation"
    }

    /// Which accelerator.
    public let accelerator: Accelerator
    /// What was found.
    public let kind: Class
    /// Why it does not work, or how long the guest took to answer.
    public let detail: String

    /// Whether guests can be started with it.
    public var works: Bool { kind != .unable && kind != .unavailable }
}

/// Boots the smallest guest to see whether an accelerator works: having /dev/kvm says little.
///
/// The guest is Debian's stock kernel with an initramfs of ours, under QEMU's own list of system calls; nothing of a
/// tenant's runs. What was found is kept for this kernel, this QEMU and this guest kernel.
public struct Canary {
    private let places: MachinePlaces
    private let kernel: KernelStore.Kernel
    private let initramfs: String

    /// How long a guest may take, ms: a processor needs under two seconds, the translator three to six on a quiet host.
    public static func patience(_ accelerator: Accelerator) -> UInt32 { accelerator == .kvm ? 10_000 : 60_000 }

    init(places: MachinePlaces, kernel: KernelStore.Kernel, initramfs: String) {
        (self.places, self.kernel, self.initramfs) = (places, kernel, initramfs)
    }

    /// What is known, or is found out now.
    func examine(_ accelerator: Accelerator) -> CanaryResult {
        if let missing = missing(accelerator) {
            return CanaryResult(accelerator: accelerator, kind: .unavailable, detail: missing)
        }
        let file = "\(places.canaries)/\(accelerator.rawValue)-\(key)"
        if let known = recall(file, accelerator) { return known }
        let found = boot(accelerator)
        try? Files.replace(file, with: Array("\(found.kind.rawValue)\n\(found.detail)".utf8), mode: 0o600)
        return found
    }

    private func missing(_ accelerator: Accelerator) -> String? {
        guard HostProgram.find("qemu-system-x86_64") != nil else {
            return "there is no qemu-system-x86_64: apt-get install qemu-system-x86"
        }
        guard accelerator == .kvm else { return nil }
        guard Files.exists("/dev/kvm") else { return "there is no /dev/kvm" }
        do throws(SyscallError) {
            _ = try Files.open("/dev/kvm", O_RDWR).number
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Another kernel, QEMU, guest kernel or agent makes what was found void.
    private var key: String {
        let host = (try? Files.readText("/proc/sys/kernel/osrelease")) ?? ""
        let monitor = HostProgram.find("qemu-system-x86_64").flatMap { try? Files.status($0, following: true) }
        let agent = initramfs.split(separator: "/").last ?? ""
        return "\(host)-\(monitor?.size ?? 0)-\(monitor?.modified ?? 0)-\(agent)"
    }

    private func recall(_ file: String, _ accelerator: Accelerator) -> CanaryResult? {
        guard let text = try? Files.readText(file) else { return nil }
        let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 2, let kind = CanaryResult.Class(rawValue: lines[0]) else { return nil }
        return CanaryResult(accelerator: accelerator, kind: kind, detail: lines[1])
    }

    private func boot(_ accelerator: Accelerator) -> CanaryResult {
        let folder = "\(places.folder)/.canary-\(Processes.current)-\(accelerator.rawValue)"
        guard (try? Files.makeDirectory(folder, mode: 0o700)) != nil else {
            return CanaryResult(accelerator: accelerator, kind: .unavailable, detail: "\(folder) cannot be made")
        }
        defer { try? Files.removeTree(folder) }
        let command = MonitorCommand(
            accelerator: accelerator,
            processors: 1,
            memoryMiB: 192,
            kernel: kernel.image,
            initramfs: initramfs,
            layers: [],
            writable: nil,
            run: folder,
            console: folder + "/console",
            entries: 0,
            forwards: nil
        )
        let patience = Self.patience(accelerator)
        // A guest that hangs must not outlive this process, however that ends.
        let bound = ["/usr/bin/timeout", "-k", "1", "\(patience / 1000 + 5)"]
        let outcome = bootCanary(
            MachineStart(
                monitor: bound + command.words,
                port: folder + "/port0",
                console: folder + "/console",
                bootMilliseconds: patience,
                setup: MachineSetup(hostname: "canary", layers: 0, isCanary: true),
                process: MachineProcess(
                    arguments: [],
                    environment: [],
                    directory: "/",
                    user: "",
                    terminal: false,
                    input: false
                )
            )
        )
        switch outcome {
        case .up(let milliseconds):
            return CanaryResult(
                accelerator: accelerator,
                kind: accelerator == .tcg ? .emulated : (isGuest ? .nested : .hardware),
                detail: "a guest answered after \(milliseconds) ms"
            )
        case .failed(let reason):
            return CanaryResult(
                accelerator: accelerator,
                kind: accelerator == .kvm ? .unable : .unavailable,
                detail: reason
            )
        }
    }

    /// The processor says that a hypervisor is below us.
    private var isGuest: Bool {
        ((try? Files.readText("/proc/cpuinfo")) ?? "").contains(" hypervisor")
    }
}
