/// Rules that concern several keys; each is a function of its own and knows nothing of the others.
extension JailSpec {
    /// A rule.
    typealias Check = @Sendable (JailSpec) -> [Finding]

    /// What cannot be true together, whatever else is still to come.
    static let contradictionChecks: [Check] = [
        rootIsNamedOnce, cpuIsNoPercentage, cpuGuaranteeFits, cpuBurstNeedsLimit, cpuBankNeedsLimit, memoryLimitsRise,
        capabilitiesAreNotBoth,
        publishedPortsDiffer, networkKeysFitMode, oneHealthCheck, restartDelaysRise, hugePagesFitMemory,
        mountsDoNotHideEachOther, parametersNeedOwnNetwork,
    ]

    /// What a jail needs before it can be started.
    static let completenessChecks: [Check] = [rootIsNamed, commandIsNamed]

    /// Everything that keeps this spec from being started; empty when nothing does.
    public func check() -> [Finding] { contradictions() + Self.completenessChecks.flatMap { $0(self) } }

    /// Everything that cannot be true together; what is missing is not reported.
    public func contradictions() -> [Finding] { Self.contradictionChecks.flatMap { $0(self) } }
}

// MARK: where the rootfs comes from, what runs

@Sendable private func rootIsNamedOnce(_ spec: JailSpec) -> [Finding] {
    guard let template = spec.template, let rootfs = spec.rootfs else { return [] }
    return [
        rootfs.origin.finding(
            at: "spec.rootfs",
            "a jail has a template or a rootfs; template is \(template.value.quoted)"
        )
    ]
}

@Sendable private func rootIsNamed(_ spec: JailSpec) -> [Finding] {
    if spec.template != nil || spec.rootfs != nil { return [] }
    return [spec.subject("spec.template", "neither a template nor a rootfs is named")]
}

@Sendable private func commandIsNamed(_ spec: JailSpec) -> [Finding] {
    guard let command = spec.effectiveCommand else {
        return [spec.subject("spec.command", "there is no command to run; init: system would need none")]
    }
    guard let program = command.value.first, !program.isEmpty else {
        return [command.origin.finding(at: "spec.command", "the name of the program is missing")]
    }
    return []
}

// MARK: amounts

/// `max: 100` is a hundred CPUs; whoever writes it mostly means percent.
@Sendable private func cpuIsNoPercentage(_ spec: JailSpec) -> [Finding] {
    guard let max = spec.resources.cpu.max, let amount = max.value.amount else { return [] }
    let (cpus, rest) = amount.microsecondsPerSecond.quotientAndRemainder(dividingBy: 1_000_000)
    guard cpus >= 50, rest == 0 else { return [] }
    let path = "spec.resources.cpu.max"
    return [max.origin.finding(.warning, at: path, "is \(cpus) CPUs", suggestion: "\(cpus)%")]
}

@Sendable private func cpuGuaranteeFits(_ spec: JailSpec) -> [Finding] {
    let cpu = spec.resources.cpu
    guard let guarantee = cpu.guarantee else { return [] }
    var findings: [Finding] = []
    let path = "spec.resources.cpu.guarantee"
    if let most = cpu.max?.value.amount, guarantee.value > most {
        findings.append(guarantee.origin.finding(at: path, "\(guarantee.value) is more than max, \(most)"))
    }
    if let cpus = cpu.cpus?.value, guarantee.value.microsecondsPerSecond > UInt64(cpus.count) * 1_000_000 {
        findings.append(guarantee.origin.finding(at: path, "\(guarantee.value) is more than cpus \(cpus) can give"))
    }
    return findings
}

@Sendable private func cpuBurstNeedsLimit(_ spec: JailSpec) -> [Finding] {
    let cpu = spec.resources.cpu
    guard let burst = cpu.burst, burst.value.microseconds > 0 else { return [] }
    let path = "spec.resources.cpu.burst"
    guard let most = cpu.max?.value.amount else {
        return [burst.origin.finding(at: path, "without max there is nothing to exceed")]
    }
    // The period is 100 ms, so the quota of a period is a tenth of the amount of a second.
    let quota = TimeSpan(microseconds: most.microsecondsPerSecond / 10)
    guard burst.value <= quota else {
        return [burst.origin.finding(at: path, "\(burst.value) is more than max gives in a period of 100ms, \(quota)")]
    }
    return []
}

@Sendable private func cpuBankNeedsLimit(_ spec: JailSpec) -> [Finding] {
    let cpu = spec.resources.cpu
    guard let bank = cpu.bank else {
        return cpu.peak.map {
            [$0.origin.finding(at: "spec.resources.cpu.peak", "it counts while a bank lasts: set bank")]
        } ?? []
    }
    guard let most = cpu.max?.value.amount else {
        return [bank.origin.finding(at: "spec.resources.cpu.bank", "without max there is nothing to save from")]
    }
    guard let peak = cpu.peak, peak.value < most else { return [] }
    return [peak.origin.finding(at: "spec.resources.cpu.peak", "\(peak.value) is less than max, \(most)")]
}

@Sendable private func memoryLimitsRise(_ spec: JailSpec) -> [Finding] {
    let memory = spec.resources.memory
    let steps: [(name: String, amount: ByteCount?, origin: Origin?)] = [
        ("guarantee", memory.guarantee?.value, memory.guarantee?.origin),
        ("low", memory.low?.value, memory.low?.origin),
        ("high", memory.high?.value.amount, memory.high?.origin),
        ("max", memory.max?.value.amount, memory.max?.origin),
    ]
    var findings: [Finding] = []
    for (index, lower) in steps.enumerated() {
        for upper in steps[(index + 1)...] {
            guard let small = lower.amount, let large = upper.amount, let origin = lower.origin, small > large else {
                continue
            }
            let path = "spec.resources.memory." + lower.name
            findings.append(origin.finding(at: path, "\(small) is more than \(upper.name), \(large)"))
        }
    }
    return findings
}

@Sendable private func hugePagesFitMemory(_ spec: JailSpec) -> [Finding] {
    spec.resources.hugePages.compactMap { setting in
        guard let limit = setting.value.limit.amount else { return nil }
        guard !limit.bytes.isMultiple(of: setting.value.pageSize.bytes) else { return nil }
        let path = "spec.resources.hugetlb.\(setting.value.identity)"
        return setting.origin.finding(at: path, "\(limit) is not a whole number of pages")
    }
}

@Sendable private func restartDelaysRise(_ spec: JailSpec) -> [Finding] {
    guard spec.restart.delay.value > spec.restart.maxDelay.value else { return [] }
    let message = "\(spec.restart.delay.value) is more than maxDelay, \(spec.restart.maxDelay.value)"
    return [spec.restart.delay.origin.finding(at: "spec.restart.delay", message)]
}
