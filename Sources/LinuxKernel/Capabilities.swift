import CCapability
import CLinux
import Glibc

/// Capability names and sets, through libcap.
///
/// capabilities(7), cap_get_proc(3).
public enum Capabilities {
    /// The number of a name such as `CAP_CHOWN`, `chown` or `cap_chown`; nil when libcap does not know it.
    public static func number(_ name: String) -> Int? {
        let lower = name.lowercased()
        var value: cap_value_t = 0
        let known = unsafe cap_from_name(lower.hasPrefix("cap_") ? lower : "cap_" + lower, &value)
        return known == 0 ? Int(value) : nil
    }

    /// The name `CAP_…` of a number that this libcap knows.
    public static func name(_ number: Int) -> String? {
        guard number >= 0, number < Int(CAP_LAST_CAP) + 1, let text = unsafe cap_to_name(cap_value_t(number)) else {
            return nil
        }
        defer { unsafe cap_free(text) }
        return unsafe String(cString: text).uppercased()
    }

    /// All capabilities that libcap has a name for.
    public static var names: [String] { (0...Int(CAP_LAST_CAP)).compactMap(name) }

    /// The number of the highest capability of the running kernel.
    public static func highest() throws(SyscallError) -> Int {
        let path = "/proc/sys/kernel/cap_last_cap"
        guard let number = Int(try Files.readText(path)) else {
            throw SyscallError(call: "read", subject: path, errno: EPROTO)
        }
        return number
    }

    /// Removes every capability that is not in `kept` from the calling process' bounding set, for good.
    ///
    /// Goes up to the first number that the kernel does not know, so that one which is newer than this program is
    /// dropped as well.
    public static func limitBoundingSet(to kept: UInt64) throws(SyscallError) {
        for number in 0..<64 where kept & (1 << UInt64(number)) == 0 {
            let result = clinux_prctl(24, UInt(number), 0, 0, 0)
            if result == -Int(EINVAL) { return }
            try checked("prctl PR_CAPBSET_DROP", "capability \(number)", result)
        }
    }

    /// Sets the effective, permitted and inheritable sets of the calling process, all bits of them.
    public static func set(effective: UInt64, permitted: UInt64, inheritable: UInt64) throws(SyscallError) {
        guard let state = unsafe cap_init() else { throw SyscallError(call: "cap_init", subject: "", errno: ENOMEM) }
        defer { unsafe cap_free(UnsafeMutableRawPointer(state)) }
        for (flag, mask) in [(CAP_EFFECTIVE, effective), (CAP_PERMITTED, permitted), (CAP_INHERITABLE, inheritable)] {
            let values = (0..<64).filter { mask & (1 << UInt64($0)) != 0 }.map { cap_value_t($0) }
            if values.isEmpty { continue }
            let result = unsafe values.withUnsafeBufferPointer { list in
                unsafe cap_set_flag(state, flag, Int32(list.count), list.baseAddress, CAP_SET)
            }
            // libcap refuses a number beyond its tables: better no start than a set with a hole.
            if result != 0 {
                throw SyscallError(call: "cap_set_flag", subject: "capability mask \(mask)", errno: EINVAL)
            }
        }
        if unsafe cap_set_proc(state) != 0 { throw SyscallError(call: "capset", subject: "this process", errno: errno) }
    }

    /// Makes exactly `mask` the ambient set.
    ///
    /// prctl(2), `PR_CAP_AMBIENT`.
    ///
    /// - Precondition: Each is permitted and inheritable already.
    public static func setAmbient(_ mask: UInt64) throws(SyscallError) {
        try checked("prctl PR_CAP_AMBIENT_CLEAR_ALL", "", clinux_prctl(47, 4, 0, 0, 0))
        for number in 0..<64 where mask & (1 << UInt64(number)) != 0 {
            try checked("prctl PR_CAP_AMBIENT_RAISE", "capability \(number)", clinux_prctl(47, 2, UInt(number), 0, 0))
        }
    }
}
