import Glibc
import Launch
import Launcher
import LinuxKernel
import Profiles
import Storage
import Templates

/// Virtual machines of one installation.
public struct Hypervisor: Sendable {
    private let layout: StateLayout
    private let initProgram: String

    /// A hypervisor beside an engine over the same state.
    public init(layout: StateLayout, initProgram: String) {
        (self.layout, self.initProgram) = (layout, initProgram)
    }

    /// What the canaries of this host have shown; nil where no guest kernel is there yet.
    ///
    /// With `fetching` one is fetched, and that is said to it.
    public func examine(fetching: ((String) -> Void)? = nil) throws(HypervisorError) -> [CanaryResult]? {
        let places = MachinePlaces(layout)
        guard fetching != nil || KernelStore(places: places).present() != nil else { return nil }
        let canary = try canary(places, fetching ?? { _ in })
        return Accelerator.allCases.map(canary.examine)
    }

    private func canary(_ places: MachinePlaces, _ say: (String) -> Void) throws(HypervisorError) -> Canary {
        try places.prepare()
        let kernel = try KernelStore(places: places).get(say: say)
        let initramfs = try Initramfs(places: places, kernel: kernel, initProgram: initProgram).make()
        return Canary(places: places, kernel: kernel, initramfs: initramfs)
    }

    /// What a start asks for beside its spec.
    public struct Request {
        /// The template's layers, the lowest first; nil for a plain directory.
        public var layers: [(digest: String, directory: String)]?
        /// The jail's name.
        public var name: String
        /// Its state directory.
        public var stateDirectory: String
        /// Give the guest's process a terminal.
        public var terminal: Bool
        /// Pass the caller's input on.
        public var input: Bool

        /// Makes a request.
        public init(
            layers: [(digest: String, directory: String)]?,
            name: String,
            stateDirectory: String,
            terminal: Bool,
            input: Bool
        ) {
            (self.layers, self.name, self.stateDirectory) = (layers, name, stateDirectory)
            (self.terminal, self.input) = (terminal, input)
        }
    }

    /// Translates a spec that names a virtual machine into that of the monitor's jail.
    ///
    /// Images and the initramfs are made when they are not there yet.
    ///
    /// - Parameters:
    ///   - spec: The guest's, with its template's defaults.
    ///   - request: What the start asks for besides.
    ///   - say: Told about long work.
    /// - Returns: What to start in its place.
    /// - Throws: ``HypervisorError`` with every key that a machine does not carry out, or why none runs here.
    public func translate(
        _ spec: JailSpec,
        _ request: Request,
        say: (String) -> Void
    ) throws(HypervisorError) -> Machine {
        let findings = MachineTranslation.findings(spec)
        if !findings.isEmpty { throw .invalid(findings) }
        let places = MachinePlaces(layout)
        try places.prepare()
        let kernel = try KernelStore(places: places).get(say: say)
        let initramfs = try Initramfs(places: places, kernel: kernel, initProgram: initProgram).make()
        let canary = Canary(places: places, kernel: kernel, initramfs: initramfs)
        let accelerator = try choose(spec.backend, canary)
        var images: [String] = []
        for layer in (request.layers ?? []).reversed() {
            let disks = DiskImages(places: places)
            images.append(try disks.image(of: layer.directory, digest: layer.digest))
        }
        let translation = MachineTranslation(
            spec: spec,
            request: request,
            places: places,
            kernel: kernel,
            initramfs: initramfs,
            initProgram: initProgram,
            accelerator: accelerator,
            images: images
        )
        return translation.machine
    }

    private func choose(_ backend: Setting<Backend>, _ canary: Canary) throws(HypervisorError) -> Accelerator {
        let wanted: [Accelerator]
        switch backend.value {
        case .kvm: wanted = [.kvm]
        case .tcg: wanted = [.tcg]
        default: wanted = [.kvm, .tcg]
        }
        var reasons: [String] = []
        for accelerator in wanted {
            let result = canary.examine(accelerator)
            if result.works { return accelerator }
            reasons.append("\(accelerator.rawValue): \(result.kind.rawValue): \(result.detail)")
        }
        let advice = wanted == [.kvm] ? "use --backend tcg, which is slow and works everywhere" : "see bailey doctor"
        throw .refused("starting a virtual machine: \(reasons.joined(separator: "; ")): \(advice)")
    }
}

/// A virtual machine that is decided: the jail of its monitor, and what is laid into that jail's state.
public struct Machine: Sendable {
    /// The monitor's jail.
    public let spec: JailSpec
    let start: MachineStart
    let places: MachinePlaces
    /// The directory that becomes the lowest layer, where no template is used.
    let directory: String?

    /// The writable disk, as large as a file system of a guest may grow; sparse.
    static let diskBytes: UInt64 = 16 << 30

    /// Character devices that the monitor opens.
    public struct CharacterDevice: Equatable, Sendable {
        /// Its major number.
        public let major: UInt32
        /// Its minor number.
        public let minor: UInt32
    }

    /// What the monitor's cgroup has to open beyond the usual devices.
    public let devices: [CharacterDevice]

    /// /dev/kvm: a misc device; Documentation/admin-guide/devices.txt.
    static let kvm = CharacterDevice(major: 10, minor: 232)

    /// Where the machine's files are below the jail's state directory.
    public static func folder(_ stateDirectory: String) -> String { stateDirectory + "/machine" }

    /// Lays down what the monitor's jail reads and writes; a disk that is there is kept.
    public func makeState(in stateDirectory: String) throws(HypervisorError) {
        let folder = Self.folder(stateDirectory)
        let disks = DiskImages(places: places)
        try attempting("making \(folder)") { () throws(SyscallError) in
            if !Files.exists(folder) { try Files.makeDirectory(folder, mode: 0o700) }
            // Sockets of a machine that was killed would be taken for its successor's.
            for name in try Files.list(folder) where name.hasPrefix("port") || name == "qmp" {
                try Files.remove("\(folder)/\(name)")
            }
            try Files.replace(folder + "/start", with: PlanEnvelope.encode(start), mode: 0o600)
        }
        for device in devices {
            // A node of its own, which the shifted mount shows as the monitor's: the host's belongs to root and a group.
            try attempting("making a node for /dev/kvm") { () throws(SyscallError) in
                let number = DeviceNumber.make(device.major, device.minor)
                let here = try Files.open(folder, O_RDONLY | O_DIRECTORY)
                if Files.exists("\(folder)/kvm") { try Files.remove("\(folder)/kvm") }
                try Files.makeNode("kvm", mode: S_IFCHR | 0o600, device: number, at: here.number)
            }
        }
        if !Files.exists(folder + "/disk") { try disks.makeWritable(folder + "/disk", bytes: Self.diskBytes) }
        if let directory { try disks.make(folder + "/rootfs", from: directory, spare: 0) }
    }
}

/// From a guest's spec to its monitor's.
struct MachineTranslation {
    static let layerLimit = 16
    /// What the monitor needs beside the guest's memory, MiB.
    static let overheadMiB: UInt64 = 320
    /// A guest without a limit.
    static let usualMemoryMiB: UInt64 = 512
    static let leastMemoryMiB: UInt64 = 128
    private static let port = "bailey"

    let spec: JailSpec
    let request: Hypervisor.Request
    let places: MachinePlaces
    let kernel: KernelStore.Kernel
    let initramfs: String
    let initProgram: String
    let accelerator: Accelerator
    let images: [String]

    var machine: Machine {
        Machine(
            spec: monitorSpec,
            start: start,
            places: places,
            directory: request.layers == nil ? spec.rootfs?.value : nil,
            devices: accelerator == .kvm ? [Machine.kvm] : []
        )
    }

    /// Keys that mean the same for a machine, or that its monitor's jail carries out.
    private static let carried = [
        "metadata.", "extends", "template", "rootfs", "backend", "init", "command", "workingDirectory", "user",
        "hostname",
        "environment", "resources.cpu.max", "resources.cpu.weight", "resources.cpu.cpus", "resources.cpu.guarantee",
        "resources.memory.max", "resources.memory.swap", "resources.io.", "network.mode", "network.name",
        "network.addresses", "network.publish", "network.egress", "network.ingress", "network.connections",
        "network.newConnections", "resources.network.", "security.readOnlyRoot", "stop.", "restart.", "health.",
        "logs.",
        "bestEffort",
    ]

    /// Everything that is set and would be skipped in silence.
    static func findings(_ spec: JailSpec) -> [Finding] {
        var findings = spec.rows.filter { row in
            row.origin != .builtin && !row.origin.isTemplate && !carried.contains { row.keyPath.hasPrefix($0) }
        }.map { row in
            finding(
                row.origin,
                row.keyPath,
                "a virtual machine does not carry this out yet: leave it out, or use a jail"
            )
        }
        if spec.backend.value == .uml {
            findings.append(
                finding(spec.backend.origin, "backend", "User-mode Linux is not there yet: use tcg, or vm for the best")
            )
        }
        if spec.initMode.value == .system {
            findings.append(
                finding(spec.initMode.origin, "init", "a virtual machine runs one command: use init app, or a jail")
            )
        }
        if spec.command == nil {
            findings.append(finding(spec.backend.origin, "command", "there is no command: name one after --"))
        }
        if let max = spec.resources.memory.max, let bytes = max.value.amount?.bytes, bytes >> 20 < leastMemoryMiB {
            let message = "a stock kernel needs \(leastMemoryMiB)MiB to come up: give it at least that, or use a jail"
            findings.append(finding(max.origin, "resources.memory.max", message))
        }
        let modes: Set<NetworkMode> = [.none, .bridge, .routed]
        if !modes.contains(spec.network.mode.value) {
            let message = "the guest's network is its monitor's: use none, bridge or routed"
            findings.append(finding(spec.network.mode.origin, "network.mode", message))
        }
        return findings
    }

    private static func finding(_ origin: Origin, _ keyPath: String, _ message: String) -> Finding {
        switch origin {
        case .builtin: Finding(file: "built in", keyPath: keyPath, message: message)
        case .flag(let name): Finding(file: name, keyPath: keyPath, message: message)
        case .file(let path, let line, let column):
            Finding(file: path, line: line, column: column, keyPath: keyPath, message: message)
        }
    }

    private var memoryMiB: UInt64 {
        (spec.resources.memory.max?.value.amount?.bytes).map { $0 >> 20 } ?? Self.usualMemoryMiB
    }

    /// As many as the limit on processor time needs to be used up; the host's CPUs bound it.
    private var processors: Int {
        let host = Int(KernelFiles.onlineProcessors)
        guard let max = spec.resources.cpu.max?.value.amount else { return min(2, host) }
        return Swift.max(1, min(host, Int((max.microsecondsPerSecond + 999_999) / 1_000_000)))
    }

    /// The monitor's jail: no capability, its own ids, the guest's limits with room for the monitor itself.
    private var monitorSpec: JailSpec {
        var jail = JailSpec()
        (jail.name, jail.tenant, jail.labels) = (spec.name, spec.tenant, spec.labels)
        jail.rootfs = Setting(places.root, spec.backend.origin)
        jail.command = Setting(
            ["/machine/init", "machine", "/machine/run/start", "--"] + (spec.command?.value ?? []),
            spec.command?.origin ?? .builtin
        )
        jail.hostname = Setting("monitor")
        jail.resources.cpu = spec.resources.cpu
        jail.resources.io = spec.resources.io
        jail.resources.network = spec.resources.network
        if let max = spec.resources.memory.max, let bytes = max.value.amount?.bytes {
            jail.resources.memory.max = Setting(.at(ByteCount(bytes + Self.overheadMiB << 20)), max.origin)
            jail.resources.memory.swap = spec.resources.memory.swap
        }
        jail.network = spec.network
        jail.security.readOnlyRoot = Setting(true, spec.backend.origin)
        jail.security.droppedCapabilities = [Setting(.all, spec.backend.origin)]
        jail.mounts = mounts.map { Setting($0, spec.backend.origin) }
        jail.stop = spec.stop
        jail.restart = spec.restart
        jail.health = spec.health
        jail.logs = spec.logs
        jail.bestEffort = spec.bestEffort
        return jail
    }

    private var mounts: [Mount] {
        var all: [Mount] = []
        func bind(_ source: String, _ target: String, writable: Bool = false) {
            var mount = Mount()
            (mount.source, mount.target, mount.readOnly) = (source, target, !writable)
            all.append(mount)
        }
        bind("/usr", "/usr")
        bind(initProgram, "/machine/init")
        bind(kernel.image, "/machine/kernel")
        bind(initramfs, "/machine/initramfs")
        for (index, image) in images.enumerated() { bind(image, "/machine/layers/\(index)") }
        bind(Machine.folder(request.stateDirectory), "/machine/run", writable: true)
        if accelerator == .kvm {
            bind(Machine.folder(request.stateDirectory) + "/kvm", "/dev/kvm", writable: true)
            all[all.count - 1].noDevices = false
        }
        var scratch = Mount()
        (scratch.type, scratch.target, scratch.size) = (.tmpfs, "/tmp", ByteCount(16 << 20))
        return all + [scratch]
    }

    private var start: MachineStart {
        let layers = request.layers == nil ? ["/machine/run/rootfs"] : images.indices.map { "/machine/layers/\($0)" }
        let command = MonitorCommand(
            accelerator: accelerator,
            processors: processors,
            memoryMiB: memoryMiB,
            kernel: "/machine/kernel",
            initramfs: "/machine/initramfs",
            layers: layers,
            writable: "/machine/run/disk",
            run: "/machine/run",
            console: "/machine/run/console",
            entries: MachineEntries.count,
            forwards: spec.network.mode.value == .none ? nil : forwards
        )
        return MachineStart(
            monitor: command.words,
            port: "/machine/run/port0",
            console: "/machine/run/console",
            bootMilliseconds: Canary.patience(accelerator),
            setup: MachineSetup(
                hostname: spec.hostname?.value ?? request.name,
                layers: UInt32(layers.count),
                readOnlyRoot: spec.security.readOnlyRoot.value,
                network: spec.network.mode.value == .none ? nil : Self.network
            ),
            process: MachineProcess(
                arguments: spec.command?.value ?? [],
                environment: spec.environment.map { "\($0.value.name)=\($0.value.value)" }
                    + (request.terminal ? ["TERM=xterm"] : []),
                directory: spec.workingDirectory.value,
                user: "\(spec.user.value)",
                terminal: request.terminal,
                input: request.input
            )
        )
    }

    /// Every published port of the jail leads to the same port of the guest.
    private var forwards: [MonitorCommand.Forward] {
        spec.network.publish.filter { $0.value.transport != .sctp }.flatMap { setting in
            setting.value.jailPorts.map {
                MonitorCommand.Forward(transport: setting.value.transport.rawValue, port: $0)
            }
        }
    }

    /// QEMU's user network: 10.0.2.0/24, the gateway at .2, a name server at .3.
    private static let network = MachineNetwork(
        address: [10, 0, 2, 15],
        prefix: 24,
        gateway: [10, 0, 2, 2],
        resolver: "nameserver 10.0.2.3\n"
    )
}

extension Origin {
    /// A template's defaults are laid under every backend alike.
    fileprivate var isTemplate: Bool {
        if case .flag(let name) = self { name.hasPrefix("template ") } else { false }
    }
}

/// What the kernel says about this host's processors.
enum KernelFiles {
    /// CPUs that are online.
    static var onlineProcessors: UInt32 {
        let text = (try? Files.readText("/sys/devices/system/cpu/online")) ?? "0"
        return text.split(separator: ",").reduce(0) { sum, part in
            let ends = part.split(separator: "-").compactMap { UInt32($0.filter(\.isNumber)) }
            return sum + (ends.count == 2 ? ends[1] - ends[0] + 1 : 1)
        }
    }
}
