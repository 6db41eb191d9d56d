import GRDB
import LinuxKernel

/// What outlives the supervisor: what was wanted and begun, what happened, what was used.
///
/// SQLite in WAL mode. Nothing in it is needed to know what runs, so a damaged store costs history, never a jail: it is
/// put aside and a new one begun, and whoever looks is told.
package final class Store: Sendable {
    let queue: DatabaseQueue
    /// What is to be told about how it was opened.
    package let warning: String?

    /// Opens the store at a path, or makes it.
    ///
    /// - Parameter path: nil for one in memory, which ends with the process.
    /// - Throws: ``StoreError`` where neither it nor a new one can be written.
    package init(path: String?) throws(StoreError) {
        guard let path else {
            queue = try Self.attempt("making a store in memory") { try Self.prepare(DatabaseQueue()) }
            warning = "the store is in memory: history ends with this process"
            return
        }
        do {
            queue = try Self.open(path)
            warning = nil
        } catch let error as DatabaseError where Self.isDamage(error) {
            let aside = "\(path).damaged-\(Events.now(realTimeClock) / 1_000_000_000)"
            for end in ["", "-wal", "-shm"] where Files.exists(path + end) {
                do { try Files.rename(path + end, to: aside + end) } catch {
                    throw StoreError(attempt: "putting the damaged store \(path) aside", reason: "\(error)")
                }
            }
            queue = try Self.attempt("making a new store at \(path)") { try Self.open(path) }
            warning =
                "the store was damaged (\(error.message ?? "\(error)")): it is kept as \(aside), and history begins anew"
        } catch {
            throw StoreError(attempt: "opening the store \(path)", reason: Self.reason(error))
        }
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            // Survives the end of the process at any moment; of the machine's, all but the last moments, and then no
            // jail of those moments runs any more either.
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            try database.execute(sql: "PRAGMA cache_size = -2000")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let verdict = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard verdict == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict) }
        return try prepare(queue)
    }

    private static func prepare(_ queue: DatabaseQueue) throws -> DatabaseQueue {
        try Migrations.all.migrate(queue)
        return queue
    }

    private static func isDamage(_ error: DatabaseError) -> Bool {
        error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
    }

    private static func attempt<Result>(_ attempt: String, _ body: () throws -> Result) throws(StoreError) -> Result {
        do { return try body() } catch { throw StoreError(attempt: attempt, reason: reason(error)) }
    }

    /// What SQLite says, and what to do about it.
    static func reason(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        switch error.resultCode {
        case .SQLITE_FULL: return "the disk is full: make room; running jails are not touched"
        case .SQLITE_READONLY:
            return "it cannot be written: mount the file system read-write; running jails are not touched"
        case .SQLITE_CANTOPEN: return "it cannot be opened: check the directory and its permissions"
        case .SQLITE_IOERR:
            return "the disk does not answer (\(error.message ?? "I/O error")): running jails are not touched"
        default: return error.message ?? "\(error)"
        }
    }

    /// Writes in one transaction.
    func write<Result: Sendable>(
        _ attempt: String,
        _ body: @Sendable (Database) throws -> Result
    ) throws(StoreError) -> Result {
        do { return try queue.write(body) } catch { throw StoreError(attempt: attempt, reason: Self.reason(error)) }
    }

    /// Reads.
    func read<Result: Sendable>(
        _ attempt: String,
        _ body: @Sendable (Database) throws -> Result
    ) throws(StoreError) -> Result {
        do { return try queue.read(body) } catch { throw StoreError(attempt: attempt, reason: Self.reason(error)) }
    }
}

/// Why the store could not do what was asked of it.
package struct StoreError: Error, CustomStringConvertible, Sendable {
    /// What was attempted.
    package let attempt: String
    /// Why it failed, and what to do.
    package let reason: String

    /// `what: why: what to do`.
    package var description: String { "\(attempt): \(reason)" }
}

/// CLOCK_REALTIME, by its number in the kernel's interface: nanoseconds since 1970.
let realTimeClock: Int32 = 0
