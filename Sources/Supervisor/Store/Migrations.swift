import GRDB

/// The tables, and how they came to be; a newer supervisor brings an older one's store up to its own form.
enum Migrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: life") { database in
            try database.execute(
                sql: """
                    CREATE TABLE jail (name TEXT PRIMARY KEY, wanted INTEGER NOT NULL, restarts INTEGER NOT NULL DEFAULT 0)
                        WITHOUT ROWID;
                    CREATE TABLE journal (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, jail TEXT NOT NULL, operation TEXT NOT NULL,
                        detail BLOB, begun INTEGER NOT NULL);
                    CREATE TABLE event (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind TEXT NOT NULL,
                        jail TEXT NOT NULL, tenant TEXT NOT NULL, text TEXT NOT NULL);
                    CREATE INDEX eventTime ON event (time);
                    """
            )
        }
        migrator.registerMigration("2: usage") { database in
            try database.execute(
                sql: """
                    CREATE TABLE counter (jail TEXT NOT NULL, name TEXT NOT NULL, epoch TEXT NOT NULL, value INTEGER NOT NULL,
                        PRIMARY KEY (jail, name)) WITHOUT ROWID;
                    CREATE TABLE usage (
                        hour INTEGER NOT NULL, tenant TEXT NOT NULL, jail TEXT NOT NULL, name TEXT NOT NULL,
                        value INTEGER NOT NULL, PRIMARY KEY (hour, tenant, jail, name)) WITHOUT ROWID;
                    CREATE INDEX usageTenant ON usage (tenant, hour);
                    """
            )
        }
        return migrator
    }
}
