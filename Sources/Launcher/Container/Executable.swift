import Glibc
import Launch
import LinuxKernel

/// Finds and executes a container's program as execvp(3) would.
enum Executable {
    static let usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Where the program is, looked at before the start so that its absence fails the creation.
    static func find(_ arguments: [String], _ environment: [String]) throws(ContainerFailure) -> String {
        guard let name = arguments.first else { return "" }
        if name.isEmpty { throw ContainerFailure(.execute, "the command in process.args is empty", errno: EINVAL) }
        if name.contains("/") {
            try check(name)
            return name
        }
        let search = environment.last { $0.hasPrefix("PATH=") }.map { $0.dropFirst(5) } ?? usualPath[...]
        var refused = false
        for directory in search.split(separator: ":", omittingEmptySubsequences: false) {
            let path = "\(directory.isEmpty ? "." : directory)/\(name)"
            guard let status = try? Files.status(path, following: true), !status.isDirectory else { continue }
            if Files.mayExecute(path) { return path }
            refused = true
        }
        if refused {
            throw ContainerFailure(.execute, "open executable: `\(name)`: permission denied", errno: EACCES)
        }
        throw ContainerFailure(
            .execute,
            "executable file `\(name)` not found in $PATH: no such file or directory",
            errno: ENOENT
        )
    }

    private static func check(_ path: String) throws(ContainerFailure) {
        let status: FileStatus
        do throws(SyscallError) {
            status = try Files.status(path, following: true)
        } catch {
            throw ContainerFailure(.execute, "open executable: `\(path)`: \(error)", errno: error.errno)
        }
        if status.isDirectory || !Files.mayExecute(path) {
            throw ContainerFailure(.execute, "open executable: `\(path)`: permission denied", errno: EACCES)
        }
    }

    /// Replaces the process; what it returns is why that failed.
    static func execute(
        _ program: String,
        _ arguments: [String],
        _ environment: [String]
    ) -> ContainerFailure {
        if arguments.isEmpty { return ContainerFailure(.execute, "the configuration has no process", errno: EINVAL) }
        let failure = Processes.execute(program, arguments, environment)
        return ContainerFailure(.execute, "exec \(program): \(ErrorNumber.text(failure.errno))", errno: failure.errno)
    }
}

/// The container's own account file.
enum Accounts {
    /// The home directory of `uid` in /etc/passwd; `/` where there is none.
    static func home(of uid: UInt32) -> String {
        // A container decides what is at that path: it is opened without waiting, and read only so far.
        guard let file = try? Files.open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY),
            let status = try? Files.status("", at: file.number), status.isRegular,
            let bytes = try? Files.read(file.number, named: "/etc/passwd", limit: 1 << 20)
        else { return "/" }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count >= 6, UInt32(String(decoding: fields[2], as: UTF8.self)) == uid else { continue }
            let home = String(decoding: fields[5], as: UTF8.self)
            return home.isEmpty ? "/" : home
        }
        return "/"
    }
}
