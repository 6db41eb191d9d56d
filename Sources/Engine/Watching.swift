import Glibc
import LinuxKernel

/// A launcher that runs on its own: what whoever watches a jail waits for.
///
/// When it has ended, everything it made is gone, and how the jail ended is written down.
public struct RunningLauncher: ~Copyable {
    /// Its number on the host.
    public let pid: ProcessID
    /// Readable when it has ended.
    public let pidfd: OwnedDescriptor

    /// Gives the descriptor away.
    public consuming func release() -> Int32 { pidfd.release() }
}

extension Engine {
    /// The launcher of a jail that runs, whoever started it; nil when there is none any more.
    ///
    /// It is the parent of the jail's first process. Both are held by descriptor before they are believed: a number that
    /// was given to another process meanwhile is noticed.
    public func launcher(of name: String) -> RunningLauncher? {
        guard let process = (try? JailRecord.read(layout.record(name)))?.process,
            let first = process.open(), let parent = Self.parent(of: process.pid), parent > 1,
            let launcher = try? Processes.open(parent)
        else { return nil }
        // Still the same child of the same parent: then the descriptor is the launcher's.
        guard Self.parent(of: process.pid) == parent, (try? Processes.startTime(of: process.pid)) == process.startTime
        else {
            return nil
        }
        _ = first.number
        return RunningLauncher(pid: parent, pidfd: launcher)
    }

    /// A running jail's first process, and when it was started, in nanoseconds since 1970.
    public func firstProcess(of name: String) -> (pid: ProcessID, started: Int64)? {
        guard let record = try? JailListing(self).record(name), let process = record.process else { return nil }
        return (process.pid, record.started)
    }

    private static func parent(of pid: ProcessID) -> ProcessID? {
        guard let text = try? Files.readText("/proc/\(pid)/stat"), let close = text.lastIndex(of: ")") else {
            return nil
        }
        let fields = text[text.index(after: close)...].split(separator: " ")
        return fields.count > 1 ? ProcessID(fields[1]) : nil
    }
}
