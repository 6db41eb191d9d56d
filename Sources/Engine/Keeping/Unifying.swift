import Glibc
import LinuxKernel
import Storage

extension Engine {
    /// What ``unify(excluding:)`` did.
    public struct UnifyReport: Sendable {
        /// How equal files became one.
        public let way: Unification.Way
        /// The figures.
        public let figures: Unification.Report
        /// Jails whose files could not take part now, and why.
        public let left: [(jail: String, reason: String)]
    }

    /// Makes equal files of templates, layers and jails one.
    ///
    /// Where the file system shares blocks (btrfs, XFS), jails may run. Elsewhere equal files become one inode, in layers
    /// that no running jail stands on: what a stopped jail wrote becomes such a layer first; a jail that runs takes part
    /// after its next stop.
    ///
    /// `excluded` jails keep their files for themselves.
    public func unify(excluding excluded: Set<String>) throws(EngineError) -> UnifyReport {
        let way = try attempting("unifying the files of jails") { () throws(SyscallError) in
            try layout.prepare()
            return try Unification.way(in: layout.library)
        }
        var left = excluded.sorted().map { (jail: $0, reason: "its profile says unify: false") }
        let kept = try attempting("keeping layers") { () throws(SyscallError) in try OwnLayers(layout).hold() }
        if way == .linking {
            for name in JailListing(self).names() where !excluded.contains(name) {
                if let reason = try freezeForUnify(name) { left.append((name, reason)) }
            }
        }
        let figures = try unify(way, excluded)
        _ = kept.number
        return UnifyReport(way: way, figures: figures, left: left)
    }

    private func unify(_ way: Unification.Way, _ excluded: Set<String>) throws(EngineError) -> Unification.Report {
        let trees = try treesToUnify(way, excluded)
        let scratch = "\(layout.ownLayers)/.making-\(OwnLayers.newName())"
        defer { try? Files.removeTree(scratch) }
        return try attempting("unifying the files of jails") { () throws(SyscallError) in
            try Files.makeDirectory(scratch, mode: 0o700)
            let folder = try Files.open(scratch, OpenFlag.readOnlyDirectory)
            return try Unification.run(over: trees, by: way, scratch: folder.number)
        }
    }

    /// Makes what a stopped jail wrote a layer; returns why not.
    private func freezeForUnify(_ name: String) throws(EngineError) -> String? {
        guard Files.exists(layout.rootRecord(name)) else { return nil }
        guard !JailListing(self).state(of: name).isRunning else {
            return "it runs: what it wrote takes part when stopped"
        }
        let layer = WritableLayer(stateDirectory: layout.stateDirectory(name))
        guard !layer.hasImage else { return "its files are in an image" }
        let hold = try JailHold.take(name, self)
        let account = try diskAccount(of: name)
        guard account?.binding != .projectQuota else { return "its files count for its quota, which links would evade" }
        let depth = try attempting("reading the root of \(name)") { () throws(SyscallError) in
            try JailRoot.read(layout.rootRecord(name))?.layers.count ?? 0
        }
        guard depth < Self.mostLayers / 2 else { return "it stands on \(depth) layers already" }
        _ = try freezeLayers(hold)
        return nil
    }

    private func treesToUnify(
        _ way: Unification.Way,
        _ excluded: Set<String>
    ) throws(EngineError) -> [Unification.Tree] {
        var kept: Set<String> = []
        for name in excluded {
            let roots = [try? JailRoot.read(layout.rootRecord(name))] + ((try? snapshots(of: name)) ?? []).map(\.root)
            for root in roots { kept.formUnion(root?.layers ?? []) }
        }
        var mounted: Set<String> = []
        for record in JailListing(self).records() where record.state.isRunning {
            for path in record.plan.root.layers where path.hasPrefix(layout.library + "/") {
                mounted.insert(String(path.dropFirst(layout.library.count + 1)))
            }
        }
        return try attempting("listing layers") { () throws(SyscallError) in
            // Templates first: what others join is then what stays longest.
            let layers = try Files.listIfPresent("\(layout.library)/layers").sorted().filter { $0.hasPrefix("sha256-") }
            let own = try Files.listIfPresent(layout.ownLayers).sorted().filter { !$0.hasPrefix(".") }
            let places = layers.map { "layers/\($0)/rootfs" } + own.map { "own/\($0)/upper" }
            var trees = places.filter { !kept.contains($0) }.map {
                Unification.Tree("\(layout.library)/\($0)", isReplaceable: !mounted.contains($0))
            }
            if way == .sharing {
                let jails = JailListing(self).names().filter { !excluded.contains($0) }
                trees += jails.map {
                    let layer = WritableLayer(stateDirectory: layout.stateDirectory($0))
                    return Unification.Tree(layer.upper, isReplaceable: false)
                }
            }
            return trees.filter { Files.exists($0.path) }
        }
    }
}
