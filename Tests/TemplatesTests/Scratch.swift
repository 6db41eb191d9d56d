import Glibc
import LinuxKernel
import Testing

@testable import Templates

/// A directory for one test, gone with it.
final class Scratch {
    let path: String

    init() throws {
        path = "/tmp/bailey-templates-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Files.makeDirectory(path, mode: 0o700)
    }

    deinit {
        _ = try? Files.removeTree(path)
    }

    var store: TemplateStore { TemplateStore(root: "\(path)/store") }
    var catalog: TemplateCatalog { TemplateCatalog(directories: ["\(path)/templates"]) }

    /// Writes a file below the directory, making parents.
    func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
        try write(name, Array(text.utf8), mode: mode)
    }

    func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws {
        let file = "\(path)/\(name)"
        if let slash = file.lastIndex(of: "/") { try Files.makeDirectories(String(file[..<slash])) }
        try Files.replace(file, with: bytes, mode: mode)
    }

    /// Writes a template file whose `spec` is `spec`, each line of it indented by two.
    func template(_ name: String, _ spec: String) throws {
        let body = spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(
            separator: "\n"
        )
        let head = "apiVersion: bailey/v1\nkind: Template\nmetadata: { name: \(name) }\nspec:\n"
        try write("templates/\(name)/template.yaml", head + body + "\n")
    }

    func layerDirectories() throws -> [String] {
        guard Files.exists(store.layersDirectory) else { return [] }
        return try Files.list(store.layersDirectory).filter { $0 != ".lock" }.sorted()
    }
}

/// A runner for tests whose steps are Swift: what a hostile or failing command would do to the tree.
struct ScriptedStepRunner: StepRunner {
    var status: Int32 = 0
    var action: (StepCommand) -> Void = { _ in }

    func run(_ step: StepCommand, output: (String) -> Void) throws(StepRunnerError) -> Int32 {
        output("ran \(step.arguments.joined(separator: " "))")
        action(step)
        return status
    }
}

/// A runner whose commands called `wrong` fail.
struct FailingStepRunner: StepRunner {
    var action: (StepCommand) -> Void

    func run(_ step: StepCommand, output: (String) -> Void) throws(StepRunnerError) -> Int32 {
        action(step)
        return step.arguments.last == "wrong" ? 1 : 0
    }
}

/// A runner for tests and development ONLY: chroot in new namespaces, as root.
///
/// This is not a jail and confines nothing.
struct ChrootStepRunner: StepRunner {
    func run(_ step: StepCommand, output: (String) -> Void) throws(StepRunnerError) -> Int32 {
        let script = """
            set -e
            root=$1; shift
            mount -t proc proc "$root/proc"
            mount -t tmpfs -o mode=755 tmpfs "$root/dev"
            mknod -m 666 "$root/dev/null" c 1 3
            mknod -m 666 "$root/dev/zero" c 1 5
            mknod -m 666 "$root/dev/full" c 1 7
            mknod -m 666 "$root/dev/random" c 1 8
            mknod -m 666 "$root/dev/urandom" c 1 9
            mknod -m 666 "$root/dev/tty" c 5 0
            mkdir "$root/dev/pts" "$root/dev/shm"
            ln -s /proc/self/fd "$root/dev/fd"
            exec env -i "$@"
            """
        let namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts", "--"]
        let change = ["chroot", "--userspec=\(step.user)", step.rootfs]
        let command = HostCommand(
            namespaces + ["/bin/sh", "-c", script, "sh", step.rootfs] + step.environment
                + (step.user == "root" ? ["chroot", step.rootfs] : change) + step.arguments
        )
        do throws(TemplateError) {
            try command.run("step", output: output)
            return 0
        } catch {
            if case .command(_, let status, _) = error { return status }
            throw StepRunnerError(reason: error.description)
        }
    }
}

let isRoot = geteuid() == 0
