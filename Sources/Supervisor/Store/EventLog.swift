import ControlAPI
import GRDB

/// Events, kept for sixty days and at most so many.
extension Store {
    static let mostEvents = 200_000

    /// Keeps an event.
    ///
    /// - Returns: Its number, which only grows.
    func append(_ event: Event) throws(StoreError) -> Int64 {
        try write("writing down an event") { database in
            try database.execute(
                sql: "INSERT INTO event (time, kind, jail, tenant, text) VALUES (?, ?, ?, ?, ?)",
                arguments: [event.time, event.kind, event.jail, event.tenant, event.text]
            )
            return database.lastInsertedRowID
        }
    }

    /// The events after a number, oldest first; the newest ones where there are more than `limit`.
    func events(after id: Int64, jail: String?, tenant: String?, limit: Int) throws(StoreError) -> [Event] {
        try read("reading events") { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM event WHERE id > ? AND (? IS NULL OR jail = ?) AND (? IS NULL OR tenant = ?)
                    ORDER BY id DESC LIMIT ?
                    """,
                arguments: [id, jail, jail, tenant, tenant, limit]
            )
            return rows.reversed().map { row in
                Event(
                    id: row["id"],
                    time: row["time"],
                    kind: row["kind"],
                    jail: row["jail"],
                    tenant: row["tenant"],
                    text: row["text"]
                )
            }
        }
    }

    /// Drops what is older than sixty days, and the oldest beyond the most.
    func dropOld(before time: Int64) throws(StoreError) {
        try write("dropping old events") { database in
            try database.execute(sql: "DELETE FROM event WHERE time < ?", arguments: [time])
            try database.execute(
                sql: "DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?",
                arguments: [Self.mostEvents]
            )
            try database.execute(sql: "DELETE FROM usage WHERE hour < ?", arguments: [time / 3_600_000_000_000])
        }
    }
}
