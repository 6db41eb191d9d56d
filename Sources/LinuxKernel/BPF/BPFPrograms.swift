import CLinux
import Glibc

/// Loading eBPF programs and hanging them on cgroups; bpf(2).
public enum BPFPrograms {
    /// Loads a program.
    ///
    /// `instructions`: Eight bytes each, in the host's order.
    /// `type`: `BPF_PROG_TYPE_*`.
    /// `attachType`: `BPF_CGROUP_*`, which the verifier wants to know beforehand.
    /// `name`: What bpftool(8) shows; at most 15 letters, digits and underscores.
    /// - Throws: ``SyscallError``; `EACCES` or `EINVAL` where the kernel's verifier refuses it.
    public static func load(
        _ instructions: [UInt8],
        type: UInt32,
        attachType: UInt32,
        name: String
    ) throws(SyscallError) -> OwnedDescriptor {
        // Some helpers are for programs under the GPL alone; docs/decisions/0019.
        var license: [UInt8] = Array("Dual MIT/GPL".utf8) + [0]
        var code = instructions
        let result = unsafe code.withUnsafeMutableBytes { code in
            unsafe license.withUnsafeMutableBytes { license in
                // union bpf_attr of BPF_PROG_LOAD: prog_type 0, insn_cnt 4, insns 8, license 16, log 24 to 39,
                // kern_version 40, prog_flags 44, prog_name 48, prog_ifindex 64, expected_attach_type 68.
                var attributes = [UInt8](repeating: 0, count: 128)
                attributes.replaceSubrange(0..<4, with: type.hostBytes)
                attributes.replaceSubrange(4..<8, with: UInt32(code.count / 8).hostBytes)
                unsafe attributes.replaceSubrange(8..<16, with: pointer(code.baseAddress))
                unsafe attributes.replaceSubrange(16..<24, with: pointer(license.baseAddress))
                attributes.replaceSubrange(
                    48...,
                    with: (Array(name.utf8.prefix(15)) + [UInt8](repeating: 0, count: 80)).prefix(80)
                )
                attributes.replaceSubrange(68..<72, with: attachType.hostBytes)
                return call(5, &attributes)
            }
        }
        return OwnedDescriptor(owning: Int32(try checked("bpf BPF_PROG_LOAD", name, result)))
    }

    /// Hangs a program on an open cgroup directory, beside those of others and of its parents (`BPF_F_ALLOW_MULTI`).
    ///
    /// It stays as long as the cgroup: nothing has to be undone but the cgroup.
    public static func attach(
        _ program: borrowing OwnedDescriptor,
        cgroup: Int32,
        attachType: UInt32
    ) throws(SyscallError) {
        var attributes = [UInt32(bitPattern: cgroup), UInt32(bitPattern: program.number), attachType, 2]
            .flatMap(\.hostBytes)
        try checked("bpf BPF_PROG_ATTACH", "attach type \(attachType)", call(8, &attributes))
    }

    /// Makes a map that programs and Bailey share.
    ///
    /// `type`: `BPF_MAP_TYPE_*`.
    /// `keyBytes`: Size of a key.
    /// `valueBytes`: Size of a value.
    /// `entries`: How many.
    public static func makeMap(
        type: UInt32,
        keyBytes: UInt32,
        valueBytes: UInt32,
        entries: UInt32,
        name: String
    ) throws(SyscallError) -> OwnedDescriptor {
        // map_type 0, key_size 4, value_size 8, max_entries 12, map_flags 16, inner_map_fd 20, numa_node 24, map_name 28.
        var attributes = [type, keyBytes, valueBytes, entries, 0, 0, 0].flatMap(\.hostBytes)
        attributes += (Array(name.utf8.prefix(15)) + [UInt8](repeating: 0, count: 36)).prefix(36)
        return OwnedDescriptor(owning: Int32(try checked("bpf BPF_MAP_CREATE", name, call(0, &attributes))))
    }

    /// The value of a map's key; `valueBytes` is its size, times the number of possible processors for a per-CPU map.
    public static func lookUp(_ map: Int32, key: [UInt8], valueBytes: Int) throws(SyscallError) -> [UInt8] {
        var (key, value) = (key, [UInt8](repeating: 0, count: valueBytes))
        let result = unsafe key.withUnsafeMutableBytes { key in
            unsafe value.withUnsafeMutableBytes { value in
                // map_fd 0, key 8, value 16, flags 24.
                var attributes = UInt32(bitPattern: map).hostBytes + [0, 0, 0, 0]
                unsafe attributes +=
                    pointer(key.baseAddress) + pointer(value.baseAddress) + [UInt8](repeating: 0, count: 8)
                return call(1, &attributes)
            }
        }
        try checked("bpf BPF_MAP_LOOKUP_ELEM", "map", result)
        return value
    }

    /// Sets the value of a map's key.
    public static func update(_ map: Int32, key: [UInt8], value: [UInt8]) throws(SyscallError) {
        var (key, value) = (key, value)
        let result = unsafe key.withUnsafeMutableBytes { key in
            unsafe value.withUnsafeMutableBytes { value in
                var attributes = UInt32(bitPattern: map).hostBytes + [0, 0, 0, 0]
                unsafe attributes +=
                    pointer(key.baseAddress) + pointer(value.baseAddress) + [UInt8](repeating: 0, count: 8)
                return call(2, &attributes)
            }
        }
        try checked("bpf BPF_MAP_UPDATE_ELEM", "map", result)
    }

    /// The numbers of the programs on a cgroup for one attach type.
    public static func attached(cgroup: Int32, attachType: UInt32) throws(SyscallError) -> [UInt32] {
        var numbers = [UInt8](repeating: 0, count: 64 * 4)
        var attributes = [UInt8](repeating: 0, count: 64)
        let result = unsafe numbers.withUnsafeMutableBytes { numbers in
            // target_fd 0, attach_type 4, query_flags 8, attach_flags 12, prog_ids 16, prog_cnt 24.
            attributes.replaceSubrange(0..<4, with: UInt32(bitPattern: cgroup).hostBytes)
            attributes.replaceSubrange(4..<8, with: attachType.hostBytes)
            unsafe attributes.replaceSubrange(16..<24, with: pointer(numbers.baseAddress))
            attributes.replaceSubrange(24..<28, with: UInt32(64).hostBytes)
            return call(16, &attributes)
        }
        try checked("bpf BPF_PROG_QUERY", "attach type \(attachType)", result)
        let count = Int(attributes.hostNumber(at: 24))
        return (0..<min(count, 64)).map { numbers.hostNumber(at: $0 * 4) }
    }

    /// The numbers of the maps that a program uses.
    public static func maps(ofProgram number: UInt32) throws(SyscallError) -> [UInt32] {
        let program = try open(13, number, "program \(number)")
        var (numbers, info) = ([UInt8](repeating: 0, count: 64), [UInt8](repeating: 0, count: 128))
        let result = unsafe numbers.withUnsafeMutableBytes { numbers in
            // struct bpf_prog_info: nr_map_ids at 52, map_ids at 56.
            info.replaceSubrange(52..<56, with: UInt32(16).hostBytes)
            unsafe info.replaceSubrange(56..<64, with: pointer(numbers.baseAddress))
            return unsafe info.withUnsafeMutableBytes { info in
                // bpf_fd 0, info_len 4, info 8.
                var attributes = UInt32(bitPattern: program.number).hostBytes + UInt32(128).hostBytes
                unsafe attributes += pointer(info.baseAddress)
                return call(15, &attributes)
            }
        }
        try checked("bpf BPF_OBJ_GET_INFO_BY_FD", "program \(number)", result)
        return (0..<min(Int(info.hostNumber(at: 52)), 16)).map { numbers.hostNumber(at: $0 * 4) }
    }

    /// Opens a map by its number.
    public static func openMap(_ number: UInt32) throws(SyscallError) -> OwnedDescriptor {
        try open(14, number, "map \(number)")
    }

    private static func open(_ command: Int32, _ number: UInt32, _ what: String) throws(SyscallError) -> OwnedDescriptor
    {
        var attributes = number.hostBytes + [UInt8](repeating: 0, count: 8)
        return OwnedDescriptor(owning: Int32(try checked("bpf", what, call(command, &attributes))))
    }

    private static func pointer(_ address: UnsafeMutableRawPointer?) -> [UInt8] {
        let number = UInt64(UInt(bitPattern: address))
        return UInt32(truncatingIfNeeded: number).hostBytes + UInt32(number >> 32).hostBytes
    }

    private static func call(_ command: Int32, _ attributes: inout [UInt8]) -> Int {
        unsafe attributes.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -Int(EINVAL) }
            return unsafe clinux_bpf(command, start, UInt32(bytes.count))
        }
    }
}
