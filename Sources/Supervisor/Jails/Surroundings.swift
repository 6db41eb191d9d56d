import Allocation
import ControlAPI
import Engine
import Logging
import Profiles

/// What a supervised jail needs of the world.
struct Surroundings: Sendable {
    let engine: Engine
    let store: Store
    let workers: Workers
    let watch: ProcessWatch
    let logger: Logger
    /// Keeps starts from trampling on each other.
    let starts: Gate
    /// Enters what a run that has ended used: the jail, its tenant.
    let account: @Sendable (String, String) async -> Void
    /// Tells listeners, and keeps what happened.
    let report: @Sendable (Event) async -> Void
    /// Enters a demand into the ledger, or refuses: what is attempted, the jail, its demand, its tenant.
    let admit: @Sendable (String, String, Demand, String) async throws -> Void
    /// Refuses what ``admit`` would refuse, and enters nothing.
    let weigh: @Sendable (String, String, JailSpec) async throws -> Void
    /// Takes a jail's promises back.
    let release: @Sendable (String) async -> Void
    /// Passed at the points at which tests let the process die.
    let crash: @Sendable (String) -> Void
}
