import Glibc
import LinuxKernel

/// The processes of cgroups.
enum CgroupProcesses {
    /// The numbers in the text of a `cgroup.procs`.
    ///
    /// A process outside the reader's pid namespace reads as 0, and kill(2) takes 0 and negative numbers for whole
    /// process groups: only positive numbers may get out of here.
    static func parse(_ text: String) -> [Int32] {
        text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    }

    /// All processes in a directory and below it; what cannot be read counts as empty.
    static func all(below path: String) -> Set<Int32> {
        var found: Set<Int32> = []
        try? CgroupTree.visit(path) { fd in
            if let text = try? Files.readText("cgroup.procs", at: fd) { found.formUnion(parse(text)) }
        }
        return found
    }

    /// Moves every process of one directory to another; returns when a look finds none left.
    static func move(from: String, to: String) throws(CgroupError) {
        for _ in 0..<64 {
            let processes = try read(from)
            if processes.isEmpty { return }
            for process in processes { try attach(process, to: to) }
        }
    }

    /// Moves the processes that `find` finds until it finds no new one: a process may fork while it is moved.
    static func move(_ find: () -> Set<Int32>, to path: String) throws(CgroupError) {
        var moved: Set<Int32> = []
        for _ in 0..<64 {
            let new = find().subtracting(moved)
            if new.isEmpty { return }
            for process in new.sorted() { try attach(process, to: path) }
            moved.formUnion(new)
        }
    }

    /// Moves one process; one that has ended already is as good as moved.
    static func attach(_ process: Int32, to path: String) throws(CgroupError) {
        do throws(SyscallError) {
            try Files.writeKernelFile(path + "/cgroup.procs", "\(process)")
        } catch  where error.errno == ESRCH {
        } catch {
            throw .attach(process: process, path: path, cause: error)
        }
    }

    private static func read(_ path: String) throws(CgroupError) -> [Int32] {
        do throws(SyscallError) {
            return parse(try Files.readText(path + "/cgroup.procs"))
        } catch {
            throw .read(error)
        }
    }
}
