import CLinux
import Glibc

/// eBPF programs that decide device access of a cgroup v2.
///
/// bpf(2), linux/bpf.h.
public enum DevicePrograms {
    /// Loads `instructions` (8 bytes each) and attaches them to the open cgroup directory.
    ///
    /// The program stays as long as the cgroup: nothing has to be undone but the cgroup.
    public static func attach(_ instructions: [UInt8], toCgroup cgroup: Int32) throws(SyscallError) {
        let program = try load(instructions)
        // BPF_PROG_ATTACH: target_fd, attach_bpf_fd, attach_type (BPF_CGROUP_DEVICE = 6), attach_flags (ALLOW_MULTI = 2).
        var words: [UInt32] = [UInt32(cgroup), UInt32(program.number), 6, 2]
        let result = unsafe words.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -Int(EINVAL) }
            return unsafe clinux_bpf(8, start, UInt32(bytes.count))
        }
        try checked("bpf BPF_PROG_ATTACH", "cgroup device program", result)
    }

    private static func load(_ instructions: [UInt8]) throws(SyscallError) -> OwnedDescriptor {
        var license: [UInt8] = Array("Apache-2.0".utf8) + [0]
        var code = instructions
        let result = unsafe code.withUnsafeMutableBytes { code in
            unsafe license.withUnsafeMutableBytes { license in
                // BPF_PROG_LOAD: prog_type (BPF_PROG_TYPE_CGROUP_DEVICE = 15), insn_cnt, insns, license, then zeros.
                var attributes = [UInt64](repeating: 0, count: 16)
                attributes[0] = 15 | UInt64(code.count / 8) << 32
                attributes[1] = UInt64(UInt(bitPattern: code.baseAddress))
                attributes[2] = UInt64(UInt(bitPattern: license.baseAddress))
                return unsafe attributes.withUnsafeMutableBytes { bytes in
                    guard let start = bytes.baseAddress else { return -Int(EINVAL) }
                    return unsafe clinux_bpf(5, start, UInt32(bytes.count))
                }
            }
        }
        return OwnedDescriptor(owning: Int32(try checked("bpf BPF_PROG_LOAD", "cgroup device program", result)))
    }
}
