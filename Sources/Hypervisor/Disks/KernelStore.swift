import LinuxKernel

/// Stock Debian cloud kernels, fetched by apt and unpacked; nothing is installed on the host.
struct KernelStore {
    let places: MachinePlaces

    /// An unpacked kernel package.
    struct Kernel {
        /// The package's name, such as `linux-image-6.1.0-56-cloud-amd64`.
        let package: String
        let folder: String

        var version: String { String(package.dropFirst("linux-image-".count)) }
        var image: String { "\(folder)/boot/vmlinuz-\(version)" }
        var modules: String { "\(folder)/lib/modules/\(version)/kernel" }
    }

    /// The newest kernel that is there already.
    func present() -> Kernel? {
        let names = ((try? Files.list(places.kernels)) ?? []).filter { $0.hasPrefix("linux-image-") }
        let newest = names.max { Self.numbers($0).lexicographicallyPrecedes(Self.numbers($1)) }
        return newest.map { Kernel(package: $0, folder: "\(places.kernels)/\($0)") }
    }

    /// A kernel: the one that is there, else the one that apt offers.
    ///
    /// `say` is told before anything is fetched.
    func get(say: (String) -> Void) throws(HypervisorError) -> Kernel {
        if let kernel = present() { return kernel }
        guard let apt = HostProgram.find("apt-get"), let cache = HostProgram.find("apt-cache"),
            let dpkg = HostProgram.find("dpkg-deb")
        else {
            throw .refused(
                "fetching a guest kernel: this host has no apt: unpack a Debian cloud kernel into \(places.kernels)"
            )
        }
        let doing = "fetching Debian's cloud kernel"
        let listed = try attempting(doing) { () throws(SyscallError) in
            try HostProgram(path: cache, arguments: ["depends", "--important", "linux-image-cloud-amd64"])
                .run(milliseconds: 60_000).output
        }
        let lines = listed.split(whereSeparator: { $0 == "\n" || $0 == " " }).map(String.init)
        let named = lines.first { $0.hasPrefix("linux-image-") && $0.hasSuffix("-cloud-amd64") && $0.contains(".") }
        guard let package = named else {
            throw .refused("\(doing): apt knows no linux-image-cloud-amd64: run apt-get update")
        }
        say("fetching \(package) from Debian, once; it is unpacked into \(places.kernels), not installed")
        let work = "\(places.kernels)/.fetch-\(Processes.current)"
        try attempting(doing) { () throws(SyscallError) in try Files.makeDirectory(work, mode: 0o700) }
        defer { try? Files.removeTree(work) }
        try HostProgram(path: apt, arguments: ["download", "--quiet", "-o", "APT::Sandbox::User=root", package])
            .succeed(doing, in: work)
        guard let archive = ((try? Files.list(work)) ?? []).first(where: { $0.hasSuffix(".deb") }) else {
            throw .refused("\(doing): apt fetched nothing")
        }
        try HostProgram(path: dpkg, arguments: ["--extract", "\(work)/\(archive)", "\(work)/root"])
            .succeed("unpacking \(package)")
        // Renamed when it is whole, so that a half-unpacked kernel is never booted.
        try attempting("keeping \(package)") { () throws(SyscallError) in
            if !Files.exists("\(places.kernels)/\(package)") {
                try Files.rename("\(work)/root", to: "\(places.kernels)/\(package)")
            }
        }
        return Kernel(package: package, folder: "\(places.kernels)/\(package)")
    }

    private static func numbers(_ name: String) -> [Int] {
        name.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
    }
}
