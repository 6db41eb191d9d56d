import Cgroups
import Glibc
import JSONText
import LinuxKernel

/// `update`: changes limits of a container that is there.
struct UpdateCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    private static let options: [OptionSpec] = [
        .value("resources", "r"), .value("memory", "m"), .value("memory-swap"), .value("memory-reservation"),
        .value("kernel-memory"), .value("kernel-memory-tcp"), .value("cpu-share", "cpu-shares"),
        .value("cpu-quota"), .value("cpu-period"), .value("cpu-burst"), .value("cpu-rt-period"),
        .value("cpu-rt-runtime"), .value("cpu-idle"), .value("cpuset-cpus"), .value("cpuset-mems"),
        .value("pids-limit"), .value("blkio-weight"), .value("l3-cache-schema"), .value("mem-bw-schema"),
    ]

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, Self.options, command: "update")
        let id = try arguments.identifier("update")
        let container = try runtime.store.load(id)
        guard container.isAlive else { throw RuntimeError("update container \(id): it is not running") }
        let resources = try resources(arguments)
        let host = CgroupHost.detect()
        try checkUsage(resources, container)
        let writes = try plan(resources, host, container)
        try write(writes.writes, container)
        if !writes.deviceProgram.isEmpty, let unified = container.group.unified {
            try attempting("update container \(id)") { () throws(SyscallError) in
                let folder = try Files.open(unified.path, O_RDONLY | O_DIRECTORY)
                try DevicePrograms.attach(writes.deviceProgram, toCgroup: folder.number)
            }
        }
        return 0
    }

    private func resources(_ arguments: Arguments) throws(RuntimeError) -> ResourcesSection {
        var resources = ResourcesSection()
        if let path = arguments.value("resources") {
            let bytes = try attempting("open the resources") { () throws(SyscallError) in
                path == "-" ? try Files.read(0, named: "standard input") : try Files.readBytes(path)
            }
            resources = try attempting("load the resources") { () throws(JSONError) in
                try ResourcesSection(JSONDocument(bytes).root)
            }
        }
        func number(_ name: String) throws(RuntimeError) -> Int64? {
            guard let text = arguments.value(name) else { return nil }
            guard let number = Int64(text) else { throw RuntimeError("update: invalid value for \(name): \(text)") }
            return number
        }
        func bytes(_ name: String) throws(RuntimeError) -> Int64? {
            guard let text = arguments.value(name) else { return nil }
            guard let number = ByteAmount.number(text) else {
                throw RuntimeError("update: invalid value for \(name): \(text)")
            }
            return number
        }
        func unsigned(_ name: String) throws(RuntimeError) -> UInt64? { try number(name).map { UInt64(max($0, 0)) } }
        resources.memory.limit = try bytes("memory") ?? resources.memory.limit
        resources.memory.swap = try bytes("memory-swap") ?? resources.memory.swap
        resources.memory.reservation = try bytes("memory-reservation") ?? resources.memory.reservation
        resources.memory.kernel = try bytes("kernel-memory") ?? resources.memory.kernel
        resources.memory.kernelTCP = try bytes("kernel-memory-tcp") ?? resources.memory.kernelTCP
        resources.cpu.shares = try unsigned("cpu-share") ?? resources.cpu.shares
        resources.cpu.quota = try number("cpu-quota") ?? resources.cpu.quota
        resources.cpu.period = try unsigned("cpu-period") ?? resources.cpu.period
        resources.cpu.burst = try unsigned("cpu-burst") ?? resources.cpu.burst
        resources.cpu.realtimePeriod = try unsigned("cpu-rt-period") ?? resources.cpu.realtimePeriod
        resources.cpu.realtimeRuntime = try number("cpu-rt-runtime") ?? resources.cpu.realtimeRuntime
        resources.cpu.idle = try number("cpu-idle") ?? resources.cpu.idle
        resources.cpu.cpus = arguments.value("cpuset-cpus") ?? resources.cpu.cpus
        resources.cpu.mems = arguments.value("cpuset-mems") ?? resources.cpu.mems
        resources.pids = try number("pids-limit") ?? resources.pids
        if let weight = try number("blkio-weight") { resources.blockIO.weight = UInt16(clamping: weight) }
        return resources
    }

    /// With v2 a limit below what is in use would end processes, where v1 refuses it: the caller may ask for the latter.
    private func checkUsage(_ resources: ResourcesSection, _ container: Container) throws(RuntimeError) {
        guard resources.memory.checkBeforeUpdate == true, let limit = resources.memory.limit, limit > 0,
            let group = container.group.directory(for: .memory), group.version == .v2,
            let used = CgroupControl.current(group.path + "/memory.current").flatMap({ Int64($0) }), used > limit
        else { return }
        throw RuntimeError(
            "update: linux.resources.memory.limit: rejecting memory limit \(limit) because of the usage of \(used) bytes"
        )
    }

    private func plan(
        _ resources: ResourcesSection,
        _ host: CgroupHost,
        _ container: Container
    ) throws(RuntimeError) -> ResourceWrites {
        let group = container.group
        return try attempting("update container \(container.record.id)") { () throws(JSONError) in
            if host.isLegacy {
                return try ResourceWrites(legacy: resources) { controller, file in
                    guard let hierarchy = host.hierarchy(controller) else { return false }
                    return Files.exists(hierarchy.mount + "/" + file)
                }
            }
            var completed = resources
            StandingValues.complete(&completed, group)
            return try ResourceWrites(unified: completed) { _, file in
                group.unified.map { Files.exists($0.path + "/" + file) } ?? false
            }
        }
    }

    private func write(_ writes: [ResourceWrites.Write], _ container: Container) throws(RuntimeError) {
        var rest = StandingValues.ordered(writes, container)[...]
        var again = rest.count
        while let write = rest.popFirst() {
            let place = container.record.cgroups.first { place in
                place.controllers.isEmpty
                    ? container.group.legacy.isEmpty : place.controllers.contains(write.controller)
            }
            guard let place else {
                throw RuntimeError(
                    "update: \(write.field): the container has no group of the \(write.controller) controller"
                )
            }
            do throws(SyscallError) {
                try Files.writeKernelFile(place.path + "/" + write.file, write.value)
            } catch {
                if write.optional { continue }
                // Quota and period are weighed together against those of the groups above: the other one may have to go first.
                if error.errno == EINVAL, write.controller == "cpu", again > 0, !rest.isEmpty {
                    again -= 1
                    rest.append(write)
                    continue
                }
                throw RuntimeError("update: \(write.field)", error)
            }
        }
    }
}

/// Amounts with the suffixes that docker's users know.
enum ByteAmount {
    static func number(_ text: String) -> Int64? {
        if let number = Int64(text) { return number }
        var digits = text.lowercased()
        if digits.hasSuffix("b") { digits.removeLast() }
        let units: [Character: Int64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]
        guard let last = digits.last else { return nil }
        guard let unit = units[last] else { return Int64(digits) }
        guard let number = Int64(digits.dropLast()) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }
}

/// What the kernel's files say now, where a new value depends on it.
enum StandingValues {
    /// v2: a quota without a period keeps the period, and the other way round; swap needs the memory limit.
    static func complete(_ resources: inout ResourcesSection, _ group: ControlGroup) {
        guard let unified = group.unified else { return }
        if (resources.cpu.quota ?? 0) == 0 || (resources.cpu.period ?? 0) == 0 {
            let words = (CgroupControl.current(unified.path + "/cpu.max") ?? "").split(separator: " ")
            if words.count == 2, resources.cpu.quota ?? 0 != 0 || resources.cpu.period ?? 0 != 0 {
                if (resources.cpu.quota ?? 0) == 0 { resources.cpu.quota = Int64(words[0]) ?? -1 }
                if (resources.cpu.period ?? 0) == 0 { resources.cpu.period = UInt64(words[1]) }
            }
        }
        if let swap = resources.memory.swap, swap > 0, resources.memory.limit ?? 0 == 0 {
            resources.memory.limit = CgroupControl.current(unified.path + "/memory.max").flatMap { Int64($0) }
        }
    }

    /// v1: at every moment memory must not exceed memory and swap together.
    static func ordered(_ writes: [ResourceWrites.Write], _ container: Container) -> [ResourceWrites.Write] {
        guard let memory = writes.firstIndex(where: { $0.file == "memory.limit_in_bytes" }),
            let sum = writes.firstIndex(where: { $0.file == "memory.memsw.limit_in_bytes" }), memory < sum,
            let group = container.group.directory(for: .memory), group.version == .v1
        else { return writes }
        let standing = CgroupControl.current(group.path + "/memory.memsw.limit_in_bytes").flatMap { UInt64($0) } ?? .max
        let wanted = Int64(writes[memory].value) ?? -1
        let grows = wanted < 0 || UInt64(wanted) > standing
        guard grows else { return writes }
        var ordered = writes
        ordered.insert(ordered.remove(at: sum), at: memory)
        return ordered
    }
}
