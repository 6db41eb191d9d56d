import FoundationEssentials
import GRDB
import LinuxKernel

/// Something that was begun, written down before its first change.
struct JournalEntry: Sendable, Equatable {
    /// What can be begun.
    enum Operation: String, Sendable, CaseIterable {
        /// A jail is made.
        case create
        /// A jail is started.
        case start
        /// A jail is ended.
        case stop
        /// Limits of a jail are changed while it runs; the detail is its new declaration.
        case update
        /// A jail is ended, declared anew and started; the detail is its new declaration.
        case recreate
        /// A jail is taken away.
        case remove
    }

    let id: Int64
    let jail: String
    let operation: Operation
    let detail: [UInt8]
}

/// Points at which a test may have the process die, in the order in which an operation passes them.
package struct CrashPoint: Equatable, Sendable {
    /// `start:begun`, `start:done` and so on.
    package let name: String
}

extension Store {
    /// Writes down what is about to be done.
    func begin(_ operation: JournalEntry.Operation, _ jail: String, detail: [UInt8] = []) throws(StoreError) -> Int64 {
        try write("writing down the \(operation.rawValue) of \(jail)") { database in
            try database.execute(
                sql: "INSERT INTO journal (jail, operation, detail, begun) VALUES (?, ?, ?, ?)",
                arguments: [
                    jail, operation.rawValue, detail.isEmpty ? nil : Data(detail), Events.now(realTimeClock),
                ]
            )
            return database.lastInsertedRowID
        }
    }

    /// It is done, or undone.
    func finish(_ id: Int64) throws(StoreError) {
        try write("writing down that an operation ended") { database in
            try database.execute(sql: "DELETE FROM journal WHERE id = ?", arguments: [id])
        }
    }

    /// What an earlier supervisor began and did not finish, in the order in which it began.
    func unfinished() throws(StoreError) -> [JournalEntry] {
        try read("reading what was begun") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM journal ORDER BY id").compactMap { row in
                guard let operation = JournalEntry.Operation(rawValue: row["operation"]) else { return nil }
                let detail: Data? = row["detail"]
                return JournalEntry(
                    id: row["id"],
                    jail: row["jail"],
                    operation: operation,
                    detail: detail.map { Array($0) } ?? []
                )
            }
        }
    }

    /// Remembers whether a jail shall run.
    func remember(_ jail: String, wanted: Bool) throws(StoreError) {
        try write("writing down what \(jail) shall do") { database in
            try database.execute(
                sql: """
                    INSERT INTO jail (name, wanted) VALUES (?, ?)
                    ON CONFLICT (name) DO UPDATE SET wanted = excluded.wanted
                    """,
                arguments: [jail, wanted]
            )
        }
    }

    /// Which jails shall run, by name.
    func wanted() throws(StoreError) -> [String: Bool] {
        try read("reading which jails shall run") { database in
            var wanted: [String: Bool] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT name, wanted FROM jail") {
                wanted[row["name"]] = row["wanted"]
            }
            return wanted
        }
    }

    /// Forgets a jail; what it used stays in its tenant's account.
    func forget(_ jail: String) throws(StoreError) {
        try write("forgetting \(jail)") { database in
            try database.execute(sql: "DELETE FROM jail WHERE name = ?", arguments: [jail])
            try database.execute(sql: "DELETE FROM counter WHERE jail = ?", arguments: [jail])
        }
    }
}
