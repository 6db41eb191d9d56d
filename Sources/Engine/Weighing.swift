import Cgroups
import LinuxKernel

extension Engine {
    /// Gives groups their weights of processor time, by their paths below Bailey's own group; empty for that group itself.
    ///
    /// A group that is not there, or has not joined the controller, is passed over: a jail may just have ended.
    public func setWeights(_ weights: [String: UInt64]) throws(EngineError) {
        let hierarchy = try attempting("reading the cgroup hierarchies") { () throws(SyscallError) in
            try CgroupHierarchy.detect()
        }
        let legacy = hierarchy.legacy[.cpu]
        guard let base = legacy ?? hierarchy.unified?.base else { return }
        for (path, weight) in weights {
            let folder = "\(base)/\(layout.cgroupRoot)" + (path.isEmpty ? "" : "/\(path)")
            let file = folder + (legacy == nil ? "/cpu.weight" : "/cpu.shares")
            let value = legacy == nil ? "\(weight)" : "\(Weights.cpuShares(fromWeight: weight))"
            guard let now = CgroupControl.current(file), now != value else { continue }
            try? Files.writeKernelFile(file, value)
        }
    }
}
