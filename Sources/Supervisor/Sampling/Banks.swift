import Allocation
import Engine
import LinuxKernel
import Profiles

/// Banks of processor time: what a jail did not use of its quota it may spend later, above it; see `CPUBank`.
///
/// Turned once a second. While no supervisor runs, the quota that was set last holds, which is never above the peak that
/// was declared.
actor Banks {
    private struct Account {
        var bank: CPUBank
        let group: MeteredGroup
        var used: UInt64
        var time: Int64
    }

    private let engine: Engine
    private var accounts: [String: Account] = [:]

    init(_ engine: Engine) { self.engine = engine }

    /// A jail runs with these limits from now on; one that names no bank has none.
    func follow(_ jail: String, _ cpu: Resources.CPU) {
        accounts[jail] = nil
        guard let fill = cpu.max?.value.amount?.microsecondsPerSecond, let size = cpu.bank?.value.microseconds,
            let group = MeteredGroup(jail, engine), let used = group.used
        else { return }
        let peak = cpu.peak?.value.microsecondsPerSecond ?? 2 * fill
        let bank = CPUBank(fill: fill, size: size, peak: peak)
        accounts[jail] = Account(bank: bank, group: group, used: used, time: Events.now())
        group.setQuota(bank.peak)
    }

    /// A jail has ended.
    func leave(_ jail: String) { accounts[jail] = nil }

    /// Accounts for the time since the last turn.
    func turn() {
        for (jail, var account) in accounts {
            guard let used = account.group.used else {
                accounts[jail] = nil
                continue
            }
            let now = Events.now()
            let elapsed = UInt64(max(0, now - account.time)) / 1000
            account.group.setQuota(account.bank.turn(used: used - min(used, account.used), elapsed: elapsed))
            (account.used, account.time) = (used, now)
            accounts[jail] = account
        }
    }

    /// Back to what was declared, for as long as nobody turns.
    func end() {
        for account in accounts.values { account.group.setQuota(account.bank.fill) }
        accounts = [:]
    }
}
