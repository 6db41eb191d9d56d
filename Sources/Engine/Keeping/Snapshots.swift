import Glibc
import LinuxKernel
import Storage

extension Engine {
    /// Snapshots of a jail by name, the oldest first.
    public func snapshots(of name: String) throws(EngineError) -> [(label: String, root: JailRoot)] {
        try attempting("reading the snapshots of \(name)") { () throws(SyscallError) in
            let folder = layout.snapshotDirectory(name)
            var found: [(label: String, root: JailRoot)] = []
            for label in try Files.listIfPresent(folder) where !label.contains(".new-") {
                if let root = try JailRoot.read("\(folder)/\(label)") { found.append((label, root)) }
            }
            return found.sorted { ($0.root.created ?? 0, $0.label) < ($1.root.created ?? 0, $1.label) }
        }
    }

    /// Takes a snapshot of a jail's files.
    ///
    /// Of a stopped jail it takes one rename, whatever its size: what the jail wrote becomes a read-only layer, which the
    /// jail and the snapshot stand on. A running jail stands still while its writable layer is copied, by shared blocks
    /// where the file system can.
    ///
    /// Its name is `label`, or the time. Returns it.
    public func snapshot(_ name: String, as label: String? = nil) throws(EngineError) -> String {
        let hold = try JailHold.take(name, self)
        let created = Events.now(CLOCK_REALTIME)
        let label = label ?? Self.timeLabel(created)
        guard Self.isLabel(label) else {
            throw .refused("snapshot of \(name): \(label) is no name: use up to 63 letters, digits, -, _ and .")
        }
        let path = "\(layout.snapshotDirectory(name))/\(label)"
        guard !Files.exists(path) else {
            throw .refused("snapshot of \(name): there is one called \(label): name another, or remove that one")
        }
        let kept = try attempting("keeping layers") { () throws(SyscallError) in try OwnLayers(layout).hold() }
        var root = try freezeLayers(hold)
        root.created = created
        try attempting("writing down snapshot \(label) of \(name)") { () throws(SyscallError) in
            try Files.makeDirectories(layout.snapshotDirectory(name), mode: 0o700)
            try root.write(path)
        }
        _ = kept.number
        return label
    }

    /// Takes a stopped jail back to a snapshot; what it wrote since is gone, the snapshot stays.
    public func restore(_ name: String, to label: String) throws(EngineError) {
        let hold = try JailHold.take(name, self)
        try hold.requireStopped(to: "restoring")
        let snapshot = try find(label, of: name)
        let state = layout.stateDirectory(name)
        try attempting("restoring \(name) to \(label)") { () throws(SyscallError) in
            let kept = try OwnLayers(layout).hold()
            if let image = snapshot.image {
                try DiskImage.copy("\(layout.ownLayers)/\(image)/disk.img", to: DiskImage.path(in: state))
            } else {
                var root = snapshot
                root.created = nil
                try RootChange(layout, name).run(root, retiring: OwnLayers.newName())
            }
            _ = kept.number
        }
        try collectLayers()
    }

    /// Removes a snapshot, and layers that nothing else stands on.
    public func removeSnapshot(_ label: String, of name: String) throws(EngineError) {
        let hold = try JailHold.take(name, self)
        _ = try find(label, of: name)
        try attempting("removing snapshot \(label) of \(name)") { () throws(SyscallError) in
            try Files.remove("\(layout.snapshotDirectory(name))/\(label)")
        }
        _ = hold.isRunning
        try collectLayers()
    }

    private func find(_ label: String, of name: String) throws(EngineError) -> JailRoot {
        let all = try snapshots(of: name)
        if let found = all.first(where: { $0.label == label }) { return found.root }
        let near = all.first { NearName.isNear($0.label, label) }?.label
        throw .refused(
            "\(name) has no snapshot \(label)"
                + (near.map { ": did you mean \($0)?" } ?? ": bailey snapshot ls \(name)")
        )
    }

    /// Whether `text` can be the name of a snapshot.
    static func isLabel(_ text: String) -> Bool {
        let allowed = text.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 46, 95].contains($0)
        }
        return allowed && (1...63).contains(text.utf8.count) && !text.hasPrefix(".") && !text.hasPrefix("-")
            && !text.contains(".new-")
    }

    /// Readable, sorted by time, and as fine as a clock: `20261125-170001-123`.
    private static func timeLabel(_ nanoseconds: Int64) -> String {
        let (days, rest) = (nanoseconds / 1_000_000_000).quotientAndRemainder(dividingBy: 86400)
        // Civil date from days since 1970: H. Hinnant, "chrono-compatible low-level date algorithms".
        let z = days + 719_468
        let era = z / 146_097
        let dayOfEra = z % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        func two(_ value: Int64) -> String { (value < 10 ? "0" : "") + "\(value)" }
        let date = "\(year)\(two(month < 10 ? month + 3 : month - 9))\(two(day))"
        let milliseconds = "\(1000 + nanoseconds / 1_000_000 % 1000)".dropFirst()
        return "\(date)-\(two(rest / 3600))\(two(rest / 60 % 60))\(two(rest % 60))-\(milliseconds)"
    }
}
