import LinuxKernel

extension CgroupControl {
    /// The text of a control file as it is now, nil when it is not there; for ``CgroupPlanner/update(_:of:bestEffort:current:)``.
    public static func current(_ path: String) -> String? {
        try? Files.readText(path)
    }

    /// Carries out a change of limits on the running group.
    ///
    /// - Returns: The group with the hierarchies it joined, and the update's warnings with one for each best-effort
    ///   limit that the kernel refused.
    /// - Throws: ``CgroupError``. Values of single-value files are written back as they were; device and I/O lists and
    ///   hierarchies that were joined stay as far as they came.
    public func apply(_ update: CgroupUpdate) throws(CgroupError) -> (group: ControlGroup, warnings: [CgroupFinding]) {
        try CgroupCreation.enable(update.joining.enable, for: group.unified)
        var warnings = try CgroupCreation.create(update.joining, adopting: true)
        for directory in update.joining.directories {
            try CgroupProcesses.move({ CgroupKill.processes(of: group) }, to: directory.path)
        }
        var undo: [CgroupUpdate.Change] = []
        do throws(CgroupError) {
            for change in update.changes {
                if let before = Self.standing(change) { undo.append(before) }
                warnings += try LimitWriter.write([change.write], in: change.path)
            }
            try refreshProtection(update)
        } catch {
            for change in undo.reversed() { _ = try? LimitWriter.write([change.write], in: change.path) }
            throw error
        }
        return (ControlGroup(directories: group.directories + update.joining.directories), warnings)
    }

    private func refreshProtection(_ update: CgroupUpdate) throws(CgroupError) {
        guard let unified = group.unified else { return }
        let writes = update.changes.filter { $0.path == unified.path }.map(\.write)
        try MemoryProtection.refresh(above: unified, after: writes)
    }

    /// The write that restores a single value; lists cannot be restored by one write.
    private static func standing(_ change: CgroupUpdate.Change) -> CgroupUpdate.Change? {
        let lists: Set<Knob> = [.devices, .ioRead, .ioWrite, .ioReadOps, .ioWriteOps, .ioWeight]
        guard let knob = change.write.knob, !lists.contains(knob),
            let text = current("\(change.path)/\(change.write.file)"), !text.contains("\n")
        else { return nil }
        return CgroupUpdate.Change(path: change.path, write: CgroupWrite(change.write.file, text, optional: true))
    }
}
