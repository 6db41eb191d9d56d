import Glibc
import LinuxKernel

/// Writes values into the control files of one directory.
enum LimitWriter {
    /// Writes in order; consecutive writes to one file (a device list) share its descriptor.
    ///
    /// - Returns: A warning for each optional write that failed.
    /// - Throws: ``CgroupError/write(_:path:cause:)``; the writes before it stand.
    static func write(_ writes: [CgroupWrite], in path: String) throws(CgroupError) -> [CgroupFinding] {
        var warnings: [CgroupFinding] = []
        var rest = writes[...]
        while let first = rest.first {
            let run = rest.prefix { $0.file == first.file }
            rest = rest.dropFirst(run.count)
            try write(run, to: first.file, in: path, &warnings)
        }
        return warnings
    }

    private static func write(
        _ run: ArraySlice<CgroupWrite>,
        to file: String,
        in path: String,
        _ warnings: inout [CgroupFinding]
    ) throws(CgroupError) {
        let open: OwnedDescriptor
        do throws(SyscallError) {
            open = try Files.open("\(path)/\(file)", O_WRONLY)
        } catch {
            for write in run { try report(write, path, error, &warnings) }
            return
        }
        for write in run {
            do throws(SyscallError) {
                let subject = "\(write.value) to \(path)/\(file)"
                _ = try Files.writeSome(open.number, Array(write.value.utf8)[...], named: subject)
            } catch {
                try report(write, path, error, &warnings)
            }
        }
    }

    private static func report(
        _ write: CgroupWrite,
        _ path: String,
        _ cause: SyscallError,
        _ warnings: inout [CgroupFinding]
    ) throws(CgroupError) {
        guard write.optional else { throw .write(write, path: path, cause: cause) }
        // What Bailey writes for itself (no knob) is optional only where newer kernels need it no more.
        guard let knob = write.knob else { return }
        warnings.append(
            CgroupFinding(.unenforceable, knob, "the kernel refused it: \(cause)", "leave it out, or change the value")
        )
    }
}
