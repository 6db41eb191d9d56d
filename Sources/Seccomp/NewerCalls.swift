/// Calls that Debian's libseccomp does not know yet, or that older builds of it do not.
///
/// Since number 424 the interfaces of x86-64, i386 and x32 share their numbers, so one table serves all three. From
/// the kernel's syscall_64.tbl and syscall_32.tbl.
enum NewerCalls {
    /// The first call listed.
    private static let first: UInt32 = 449

    /// In the order of their numbers, without gaps; Linux 5.16 to 7.0.
    private static let names = [
        "futex_waitv", "set_mempolicy_home_node", "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake",
        "futex_wait", "futex_requeue", "statmount", "listmount", "lsm_get_self_attr", "lsm_set_self_attr",
        "lsm_list_modules", "mseal", "setxattrat", "getxattrat", "listxattrat", "removexattrat", "open_tree_attr",
        "file_getattr", "file_setattr", "listns", "rseq_slice_yield",
    ]

    /// The highest number known: a call above it is newer than every policy.
    static let newest: UInt32 = first + UInt32(names.count) - 1

    /// Names and numbers on `architecture`, for x32 with its bit.
    static func numbers(on architecture: SeccompArchitecture) -> [String: UInt32] {
        var numbers: [String: UInt32] = [:]
        for (index, name) in names.enumerated() {
            numbers[name] = architecture.firstNumber + first + UInt32(index)
        }
        // Filled into a gap below 387, and for 64-bit programs only.
        if architecture != .i386 {
            numbers["uretprobe"] = architecture.firstNumber + 335
            numbers["uprobe"] = architecture.firstNumber + 336
        }
        // The one call that x32 was not given.
        if architecture == .x32 { numbers["map_shadow_stack"] = nil }
        return numbers
    }
}
