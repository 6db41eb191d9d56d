import Glibc
import LinuxKernel

/// A folder of one test, removed with all that is in it when its owner goes.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        path = "/tmp/bailey-kernel-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeDirectory(path, mode: 0o755)
    }

    deinit { try? Files.removeTree(path) }

    /// Writes a small file below the folder.
    func write(_ text: String, to name: String) throws {
        let file = try Files.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try Files.write(file.number, Array(text.utf8), named: name)
    }

    /// The folder, opened.
    func open(_ name: String = ".") throws -> OwnedDescriptor {
        try Files.open("\(path)/\(name)", O_RDONLY | O_DIRECTORY)
    }
}

/// The numbers of this process' open descriptors.
func openDescriptors() throws -> Set<Int32> {
    // The one that lists them is among them: asked again afterwards, it is gone.
    let listed = try Files.list("/proc/self/fd").compactMap { Int32($0) }
    return Set(listed.filter { Files.exists("/proc/self/fd/\($0)") })
}
