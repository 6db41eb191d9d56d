extension Schema {
    /// What is kept of a jail's files, and what they share with others.
    static let keeping: [Key] = [
        .value(
            "snapshots.every",
            { $1(&$0.snapshots.every) },
            .time(.seconds(60), atMost: .seconds(366 * 86_400)),
            About(
                summary: "How often bailey snapshot due takes a snapshot of its files, running or not.",
                knob: "none",
                part: .storage,
                otherNames: ["schedule", "snapshotSchedule", "backup"]
            )
        ),
        .defaulted(
            "snapshots.keep",
            { $1(&$0.snapshots.keep) },
            .integer(1...1000),
            About(
                summary: "How many of these snapshots are kept; those that were taken by hand stay.",
                knob: "none",
                part: .storage,
                fallback: "7",
                otherNames: ["retention", "keepLast", "maxSnapshots"]
            )
        ),
        .value(
            "snapshots.maxAge",
            { $1(&$0.snapshots.maxAge) },
            .time(.seconds(60), atMost: .seconds(3660 * 86_400)),
            About(
                summary: "The age at which one of these snapshots goes, however few there are.",
                knob: "none",
                part: .storage,
                otherNames: ["expiry", "expire", "ttl"]
            )
        ),
        .defaulted(
            "unify",
            { $1(&$0.unify) },
            .boolean,
            About(
                summary: "Whether bailey unify may let its files share disk and page cache with equal files of others.",
                knob: "FIDEDUPERANGE, link(2)",
                part: .storage,
                fallback: "true",
                otherNames: ["dedup", "deduplicate", "vhashify"]
            )
        ),
    ]
}
