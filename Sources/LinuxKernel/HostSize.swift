import Glibc

/// How large this host is.
public enum HostSize {
    /// Bytes of memory; proc_meminfo(5).
    public static func memory() -> UInt64 {
        let line = ((try? Files.readText("/proc/meminfo")) ?? "").split(separator: "\n").first {
            $0.hasPrefix("MemTotal:")
        }
        let words = line?.split(separator: " ") ?? []
        return words.count > 1 ? (UInt64(words[1]) ?? 0) << 10 : 0
    }

    /// Processors that are online; sysconf(3).
    public static func processors() -> UInt64 { UInt64(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Bytes of the file system that holds a path; statvfs(3).
    public static func disk(_ path: String) -> UInt64 {
        var info = statvfs()
        guard unsafe statvfs(path, &info) == 0 else { return 0 }
        return UInt64(info.f_blocks) * UInt64(info.f_frsize)
    }
}

/// What the process was started with.
public enum ProcessEnvironment {
    /// A variable's value; nil where it is not set.
    public static func value(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
