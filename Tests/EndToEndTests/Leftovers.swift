import Foundation
import Storage
import Testing

/// What a host's use of Bailey has left on the machine: mounts, cgroups, processes, id ranges, runtime directories.
struct Leftovers {
    private let host: Host

    init(_ host: Host) { self.host = host }

    /// Ends the jails that a test let run, records an issue for everything still there then, and removes the folder.
    func expectNone(_ location: SourceLocation) async {
        // A store that others share keeps their jails.
        let own = host.state.hasPrefix(host.folder) ? "$B ls -q" : "$B ls -q | grep -xF $N"
        _ = try? await host.sh("\(own) | xargs -r $B rm --force")
        await expectClean("left behind", location)
        // Removes the parents of cgroups, which starts leave for one another.
        _ = try? await host.sh("$B ls -q")
        #expect(topmost().isEmpty, "left behind", sourceLocation: location)
        guard !text("/proc/self/mounts").contains(host.folder) else { return }
        // Foundation gives up on a tree as deep as a tenant can make it.
        _ = try? await host.sh("exec rm -rf $F")
    }

    /// Records an issue for everything that is there now; the kernel gets two seconds to end its namespaces.
    ///
    /// `tidying` is what somebody does who wants to get rid of it.
    func expectClean(
        _ why: String,
        tidying: String? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) async {
        var left = all()
        for _ in 0..<40 where !left.isEmpty {
            if let tidying { _ = try? await host.sh(tidying) }
            try? await Task.sleep(for: .milliseconds(50))
            left = all()
        }
        #expect(left.isEmpty, "\(why)", sourceLocation: location)
    }

    private func all() -> [String] { mounts() + cgroups() + processes() + claims() + runtime() }

    private func mounts() -> [String] {
        text("/proc/self/mounts").split(separator: "\n").filter { $0.contains(host.folder) }.map { "mount \($0)" }
    }

    /// Groups of jails, below those of their tenants.
    private func cgroups() -> [String] {
        topmost().flatMap { top -> [String] in
            let below = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
            return below.filter { $0.split(separator: "/").count >= 2 && isDirectory("\(top)/\($0)") }
                .map { "cgroup \(top)/\($0)" }
        }
    }

    /// The state root's topmost group in each tree.
    private func topmost() -> [String] {
        let trees = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []
        // On a pure v2 host the one tree lies in the mount point itself.
        return (trees.map { "/sys/fs/cgroup/\($0)/\(group)" } + ["/sys/fs/cgroup/\(group)"]).filter(isDirectory)
    }

    private var group: String { StateLayout(root: host.state).cgroupRoot }

    private func isDirectory(_ path: String) -> Bool {
        var result: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &result) && result.boolValue
    }

    private func processes() -> [String] {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return pids.filter { Int($0) != nil && belongs($0) }.map { "process \($0): \(text("/proc/\($0)/cmdline"))" }
    }

    private func belongs(_ pid: String) -> Bool {
        if text("/proc/\(pid)/cgroup").contains(group + "/") { return true }
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")) ?? ""
        guard program.hasSuffix("/bailey") || program.hasSuffix("/bailey-init") else { return false }
        // A launcher has no environment; it holds the lock of its runtime directory.
        let held = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []
        return text("/proc/\(pid)/environ").contains(host.folder)
            || held.contains {
                let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)")
                return file?.hasPrefix(host.folder + "/") == true
            }
    }

    private func claims() -> [String] {
        ["/run/bailey/ids", "/dev/shm/bailey/ids"].flatMap(claims)
    }

    private func claims(in ids: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: ids)) ?? []).compactMap { id in
            let owner = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(ids)/\(id)")
            return owner?.hasPrefix(host.state + "/") == true ? "id range \(id) of \(owner ?? "")" : nil
        }
    }

    private func runtime() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: host.state + "/run/jails")) ?? []).map {
            "runtime \($0)"
        }
    }
}
