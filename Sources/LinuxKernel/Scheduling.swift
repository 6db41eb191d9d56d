import CLinux
import Glibc

/// How the kernel schedules a process: policy, I/O class, processors, memory nodes, execution domain.
public enum Scheduling {
    /// Sets policy and parameters of a process, 0 for the caller.
    ///
    /// sched_setattr(2).
    public static func set(
        _ process: ProcessID = 0,
        policy: UInt32,
        flags: UInt64,
        nice: Int32,
        priority: UInt32,
        runtime: UInt64,
        deadline: UInt64,
        period: UInt64
    ) throws(SyscallError) {
        let result = clinux_sched_setattr(process, policy, flags, nice, priority, runtime, deadline, period)
        try checked("sched_setattr", "policy \(policy)", result)
    }

    /// Sets class and level of a process' I/O; what it starts inherits them.
    ///
    /// ioprio_set(2).
    public static func setInputOutput(
        ofProcess process: ProcessID,
        class kind: Int32,
        level: Int32
    ) throws(SyscallError) {
        try checked("ioprio_set", "class \(kind), level \(level)", clinux_ioprio_set(1, process, kind << 13 | level))
    }

    /// Restricts `process` (0: the caller) to these processors.
    ///
    /// sched_setaffinity(2).
    public static func setAffinity(_ process: ProcessID, _ mask: [UInt8]) throws(SyscallError) {
        let result = unsafe mask.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return -Int(EINVAL) }
            return unsafe clinux_sched_setaffinity(process, start, bytes.count)
        }
        try checked("sched_setaffinity", "process \(process)", result)
    }

    /// Sets where the calling process' memory comes from.
    ///
    /// set_mempolicy(2).
    ///
    /// `nodes`: One bit a node, 64 to a word; empty for modes without nodes.
    public static func setMemoryPolicy(_ mode: Int32, nodes: [UInt64]) throws(SyscallError) {
        let result = unsafe nodes.withUnsafeBufferPointer { words in
            unsafe clinux_set_mempolicy(
                mode,
                words.isEmpty ? nil : words.baseAddress,
                words.isEmpty ? 0 : UInt(words.count * 64 + 1)
            )
        }
        try checked("set_mempolicy", "mode \(mode)", result)
    }

    /// Sets the execution domain of the calling process.
    ///
    /// personality(2).
    public static func setPersonality(_ persona: UInt) throws(SyscallError) {
        try checked("personality", "\(persona)", clinux_personality(persona))
    }
}
