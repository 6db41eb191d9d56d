import LinuxKernel
import Storage

extension Engine {
    /// Makes equal files of templates, layers and jails share their blocks; jails may run.
    ///
    /// Throws ``EngineError`` where the file system shares no blocks, and then changes nothing.
    public func unify() throws(EngineError) -> Unification.Report {
        try attempting("unifying the files of jails") { () throws(SyscallError) in try layout.prepare() }
        let isPossible = try attempting("unifying the files of jails") { () throws(SyscallError) in
            try Unification.isPossible(in: layout.library)
        }
        guard isPossible else {
            throw .refused(
                "unifying: the file system of \(layout.library) cannot share blocks: keep it on btrfs or XFS (reflink=1)"
            )
        }
        return try attempting("unifying the files of jails") { () throws(SyscallError) in
            let kept = try OwnLayers(layout).hold()
            // Templates first: what others join is then what stays longest.
            let layers = try Files.listIfPresent("\(layout.library)/layers").sorted().filter { $0.hasPrefix("sha256-") }
            let own = try Files.listIfPresent(layout.ownLayers).sorted().filter { !$0.hasPrefix(".") }
            let jails = JailListing(self).names().map { WritableLayer(stateDirectory: layout.stateDirectory($0)).upper }
            let trees =
                layers.map { "\(layout.library)/layers/\($0)/rootfs" } + own.map { "\(layout.ownLayers)/\($0)/upper" }
                + jails
            let report = try Unification.run(over: trees.filter { Files.exists($0) })
            _ = kept.number
            return report
        }
    }
}
