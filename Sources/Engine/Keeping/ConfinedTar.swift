import Glibc
import LinuxKernel
import Planning
import Profiles
import Storage

/// Unpacks archives in a jail of their own: whatever is in one, it reaches nothing but the directory it fills.
///
/// tar sees the host's programs read-only, no network, no process but its own, and one writable directory, in which its
/// ids 0 to 65,535 are stored as they are.
struct ConfinedTar {
    let engine: Engine

    /// Unpacks the archive that `next` gives piece by piece into an empty directory of the host.
    func unpack(
        into directory: String,
        _ next: () throws(EngineError) -> [UInt8]?
    ) throws(EngineError) {
        try inScaffold(directory) { scaffold throws(EngineError) in
            var request = JailRequest(
                spec: spec(
                    scaffold,
                    [("/usr", "/usr", true), (directory, "/target", false)],
                    [
                        "/usr/bin/tar", "--extract", "--file=-", "--directory=/target", "--numeric-owner",
                        "--same-owner", "--preserve-permissions", "--xattrs", "--xattrs-include=*",
                        "--delay-directory-restore",
                    ]
                )
            )
            (request.remove, request.interactive) = (true, true)
            let start = try engine.prepare(request)
            try engine.runFed(start, next)
        }
    }

    /// Unpacks the image called `image` of an OCI layout into an empty directory of the host.
    ///
    /// - Returns: The exit status of umoci.
    func unpack(image layout: String, into directory: String, _ output: (String) -> Void) throws(EngineError) -> Int32 {
        var status: Int32 = 0
        try inScaffold(directory) { scaffold throws(EngineError) in
            var request = JailRequest(
                spec: spec(
                    scaffold,
                    [("/usr", "/usr", true), (layout, "/image", true), (directory, "/target", false)],
                    ["/usr/bin/umoci", "raw", "unpack", "--image", "/image:image", "/target/rootfs"]
                )
            )
            request.remove = true
            status = try engine.runToEnd(engine.prepare(request), output: output)
        }
        return status
    }

    private func inScaffold(
        _ directory: String,
        _ body: (String) throws(EngineError) -> Void
    ) throws(EngineError) {
        let scaffold = directory + ".jail"
        try attempting("making a jail for tar") { () throws(SyscallError) in
            try? Files.removeTree(scaffold)
            try Files.makeDirectory(scaffold, mode: 0o755)
            for name in ["usr", "target", "image", "etc", "dev", "proc", "sys", "run", "tmp"] {
                try Files.makeDirectory("\(scaffold)/\(name)", mode: 0o755)
            }
            for name in ["bin", "sbin", "lib", "lib64"] {
                try Files.makeLink("\(scaffold)/\(name)", to: "usr/\(name)")
            }
        }
        defer { try? Files.removeTree(scaffold) }
        try body(scaffold)
    }

    private func spec(
        _ scaffold: String,
        _ mounts: [(source: String, target: String, readOnly: Bool)],
        _ command: [String]
    ) -> JailSpec {
        var spec = JailSpec()
        let origin = Origin.flag("import")
        spec.rootfs = Setting(scaffold, origin)
        spec.command = Setting(command, origin)
        spec.hostname = Setting("import", origin)
        spec.mounts = mounts.map { source, target, readOnly in
            var mount = Mount()
            (mount.source, mount.target, mount.readOnly) = (source, target, readOnly)
            return Setting(mount, origin)
        }
        return spec
    }
}

extension Engine {
    /// Runs a prepared start to its end, with what `next` gives as its input.
    ///
    /// - Throws: ``EngineError`` with what it said, unless it exits with 0.
    func runFed(
        _ start: consuming PreparedStart,
        _ next: () throws(EngineError) -> [UInt8]?
    ) throws(EngineError) {
        let name = start.name
        var words: [UInt8] = []
        let (status, failure) = try attempting("running \(name)") { () throws(SyscallError) in
            let input = try Events.pipe().release()
            let reading = OwnedDescriptor(owning: input.reading)
            let writing = OwnedDescriptor(owning: input.writing)
            let said = try Events.pipe().release()
            let hearing = OwnedDescriptor(owning: said.reading)
            let saying = OwnedDescriptor(owning: said.writing)
            let plan = try SealedMemory.make("bailey-plan", start.bytes)
            let child = try Processes.spawn(
                initProgram,
                ["bailey-init", "launch", "3", "4", "-1"],
                [],
                descriptors: [
                    (reading.number, 0), (saying.number, 1), (saying.number, 2), (plan.number, 3),
                    (start.record.number, 4),
                ]
            )
            try reading.close()
            try saying.close()
            let failure = Self.feed(writing, next)
            // What it says fits a pipe, or it waits until it is heard here; only its end is of interest.
            while true {
                let block = try Files.readSome(hearing.number, named: name, upTo: 4096)
                if block.isEmpty { break }
                if words.count < 4096 { words += block }
            }
            return (try Processes.reap(child.pid).shellCode, failure)
        }
        if let failure { throw failure }
        guard status == 0 else {
            let said = String(decoding: words, as: UTF8.self).split(separator: "\n").suffix(4).joined(separator: ", ")
            throw .refused("unpacking: tar in its jail ended with status \(status): \(said)")
        }
    }

    private static func feed(
        _ pipe: consuming OwnedDescriptor,
        _ next: () throws(EngineError) -> [UInt8]?
    ) -> EngineError? {
        do throws(EngineError) {
            while let bytes = try next() {
                do throws(SyscallError) {
                    try Files.write(pipe.number, bytes, named: "tar")
                } catch {
                    // It has ended and will say why; what is left of the part is read, for the digest and what follows.
                    while try next() != nil {}
                    return nil
                }
            }
            return nil
        } catch {
            return error
        }
    }
}
