/// Block I/O and device access.
///
/// - SeeAlso: the kernel's Documentation/admin-guide/cgroup-v2.rst ("IO Interface Files"),
///   Documentation/admin-guide/cgroup-v1/blkio-controller.rst and devices.rst, Documentation/block/bfq-iosched.rst.
extension PlanDraft {
    mutating func planIO() {
        planIOWeight()
        for rate in limits.ioRates {
            planRate(rate, rate.readBytes, .ioRead, "blkio.throttle.read_bps_device", "rbps")
            planRate(rate, rate.writeBytes, .ioWrite, "blkio.throttle.write_bps_device", "wbps")
            planRate(rate, rate.readOps, .ioReadOps, "blkio.throttle.read_iops_device", "riops")
            planRate(rate, rate.writeOps, .ioWriteOps, "blkio.throttle.write_iops_device", "wiops")
        }
    }

    private mutating func planIOWeight() {
        guard let weight = limits.ioWeight else { return }
        guard 1...10_000 ~= weight else {
            return reject(.ioWeight, "\(weight) is outside 1…10000", "100 is everybody's default")
        }
        guard let version = version(of: .io, for: .ioWeight) else { return }
        let bfq = planner.probe.feature(.bfqWeight)
        let cost = version == .v2 ? planner.probe.feature(.ioCostWeight) : .absent
        if bfq == .absent, cost == .absent {
            let other = version == .v2 ? " or switch io.cost on" : ""
            return lack(
                .ioWeight,
                "no disk here is scheduled by weight",
                "write bfq to /sys/block/DISK/queue/scheduler\(other), mark it bestEffort, or leave it out"
            )
        }
        let bfqValue = "\(Weights.bfqWeight(fromWeight: weight))"
        if version == .v1 { return add(.io, .ioWeight, "blkio.bfq.weight", bfqValue) }
        if bfq != .absent { add(.io, .ioWeight, "io.bfq.weight", bfqValue) }
        if cost != .absent { add(.io, .ioWeight, "io.weight", "default \(weight)") }
    }

    /// One write per rate: the kernel keeps those of a device that a write does not name.
    private mutating func planRate(
        _ disk: IORate,
        _ rate: UInt64?,
        _ knob: Knob,
        _ legacyFile: String,
        _ unifiedKey: String
    ) {
        guard let rate else { return }
        if rate == 0 { return reject(knob, "a rate of 0 would stop the disk for good", "leave it out, or raise it") }
        let remedy = "use a kernel with CONFIG_BLK_DEV_THROTTLING"
        guard let version = version(of: .io, for: knob),
            requires(.ioThrottle, knob, "this kernel has no rates per disk", remedy)
        else { return }
        let isOpen = rate == ResourceLimits.unlimited
        switch version {
        case .v2: add(.io, knob, "io.max", "\(disk.major):\(disk.minor) \(unifiedKey)=\(isOpen ? "max" : "\(rate)")")
        case .v1:
            add(.io, knob, legacyFile, "\(disk.major):\(disk.minor) \(isOpen ? "0" : "\(rate)")")
            if !isOpen { noteBufferedWrites(knob) }
        }
    }

    private mutating func noteBufferedWrites(_ knob: Knob) {
        guard knob == .ioWrite || knob == .ioWriteOps, !notes.contains(where: { $0.knob == knob }) else { return }
        notes.append(
            CgroupFinding(
                .unenforceable,
                knob,
                "cgroup v1 slows down direct and synchronous writes only; the rest is written back by the kernel",
                "use cgroup v2 to bind buffered writes"
            )
        )
    }

    mutating func planDevices() {
        guard let rules = limits.devices else { return }
        for rule in rules where rule.access.isEmpty || !rule.access.isSubset(of: .everything) {
            reject(.devices, "'\(rule)' names no access", "name r, w, m or several of them")
        }
        guard let version = version(of: .devices, for: .devices) else { return }
        used.insert(.devices)
        if version == .v2 {
            deviceProgram = DeviceProgram.compile(rules)
            return
        }
        switch DeviceList(rules).legacyWrites() {
        case .success(let lines):
            for line in lines { add(.devices, .devices, line.file, line.value) }
        case .failure(let gap):
            lack(
                .devices,
                "cgroup v1 cannot take '\(gap.rule)' out of '\(gap.within)'",
                "list the devices that remain one by one, or use cgroup v2"
            )
        }
    }
}
