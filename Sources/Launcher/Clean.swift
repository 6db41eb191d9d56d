import Glibc
import Launch
import LinuxKernel

/// Undoes what a launcher that was killed has left, from its plan.
///
/// - Returns: 0 when nothing is left of it, 1 otherwise.
public func runCleanUp(planDescriptor: Int32) -> Int32 {
    do {
        let memory = OwnedDescriptor(owning: planDescriptor)
        let plan = try PlanEnvelope.decode(SealedMemory.read(memory.number), as: LaunchPlan.self)
        endRecorded(plan)
        let leftovers = Undo.everything(of: plan, end: .unknown)
        for leftover in leftovers { Report.say("bailey: cleaning up after \(plan.jail): \(leftover)", to: 2) }
        return leftovers.isEmpty ? 0 : 1
    } catch {
        Report.say("bailey: cleaning up: reading the launch plan: \(error)", to: 2)
        return 1
    }
}

/// The jail's first process dies with its launcher; should it still be there, it is ended and waited for.
private func endRecorded(_ plan: LaunchPlan) {
    guard let bytes = try? Files.readBytes(plan.finish.record), let noted = StartRecord(bytes)?.process,
        let process = try? Processes.open(noted.pid), (try? Processes.startTime(of: noted.pid)) == noted.startTime
    else { return }
    try? Processes.signal(pidfd: process.number, SIGKILL)
    _ = try? Events.wait(for: [(process.number, Int16(POLLIN))], milliseconds: 5000)
}
