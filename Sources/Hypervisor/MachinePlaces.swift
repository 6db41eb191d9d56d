import LinuxKernel
import Storage

/// Where what machines share is kept: below `machines` in Bailey's library.
struct MachinePlaces {
    let folder: String

    init(_ layout: StateLayout) { folder = layout.library + "/machines" }

    /// Unpacked kernel packages.
    var kernels: String { folder + "/kernels" }
    /// Disk images of layers, by the layer's digest.
    var images: String { folder + "/images" }
    /// Initramfs archives.
    var initramfs: String { folder + "/initramfs" }
    /// The skeleton that is the root of every monitor's jail.
    var root: String { folder + "/root" }
    /// What canaries found.
    var canaries: String { folder + "/canaries" }

    /// Makes the folders; images hold what only root may read.
    func prepare() throws(HypervisorError) {
        try attempting("preparing \(folder)") { () throws(SyscallError) in
            for path in [folder, kernels, images, initramfs, canaries] where !Files.exists(path) {
                try Files.makeDirectories(path, mode: 0o700)
            }
            try makeRoot()
        }
    }

    /// Mount points and the links of a merged /usr: programs and libraries come from the host's own /usr, read-only.
    private func makeRoot() throws(SyscallError) {
        let folders = ["", "/usr", "/dev", "/proc", "/sys", "/tmp", "/run", "/etc", "/machine", "/root", "/var"]
        for name in folders where !Files.exists(root + name) { try Files.makeDirectories(root + name, mode: 0o755) }
        for name in ["bin", "sbin", "lib", "lib64"] where !Files.exists("\(root)/\(name)") {
            try Files.makeLink("\(root)/\(name)", to: "usr/\(name)")
        }
        for name in ["init", "kernel", "initramfs"] where !Files.exists("\(root)/machine/\(name)") {
            try Files.replace("\(root)/machine/\(name)", with: [])
        }
        for name in ["run", "layers"] where !Files.exists("\(root)/machine/\(name)") {
            try Files.makeDirectories("\(root)/machine/\(name)")
        }
        for index in 0..<MachineTranslation.layerLimit where !Files.exists("\(root)/machine/layers/\(index)") {
            try Files.replace("\(root)/machine/layers/\(index)", with: [])
        }
    }
}
