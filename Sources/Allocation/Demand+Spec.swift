import Profiles

extension Demand {
    /// What the resources of a jail or tenant ask for.
    public init(_ resources: Resources) {
        self.init()
        guarantee.cpu = resources.cpu.guarantee?.value.microsecondsPerSecond ?? 0
        guarantee.memory = resources.memory.guarantee?.value.bytes ?? 0
        if let amount = resources.cpu.max?.value.amount {
            let peak = resources.cpu.bank == nil ? nil : resources.cpu.peak?.value.microsecondsPerSecond
            limit[.cpu] = peak ?? (resources.cpu.bank == nil ? 1 : 2) * amount.microsecondsPerSecond
        }
        if let amount = resources.memory.max?.value.amount { limit[.memory] = amount.bytes }
        if let amount = resources.disk.space?.value.amount { limit[.disk] = amount.bytes }
    }
}
