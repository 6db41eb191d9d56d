import Glibc
import Launch
import Launcher
import LinuxKernel

/// `start`: releases a created container.
struct StartCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let id = try Arguments(words, [], command: "start").identifier("start")
        let hold = try runtime.store.hold(id)
        let container = try runtime.store.load(id)
        let status = container.status
        guard status == .created else {
            let advice = status == .stopped ? "cannot start a container that has stopped" : "it is \(status.rawValue)"
            throw RuntimeError("start container \(id): \(advice): only a created container can be started")
        }
        let configuration = try container.configuration()
        try release(container)
        let hooks = configuration.hooks.hooks
        do throws(ContainerFailure) {
            let state = Array(container.record.state("running", pid: container.record.pid).text().utf8)
            try HookRunner.run("poststart", hooks.poststart, state: state, environment: Environment.own)
        } catch {
            Ending.kill(container)
            try? Ending.remove(container)
            Ending.runStopHooks(container, hooks.poststop, runtime.log)
            throw RuntimeError(error.reason)
        }
        _ = hold
        return 0
    }

    /// Writes to the pipe, then waits until the process lets its lock go: it has executed the program then, or ended.
    private func release(_ container: Container) throws(RuntimeError) {
        let id = container.record.id
        try attempting("start container \(id)") { () throws(SyscallError) in
            let pipe = try Files.open(container.path + "/start", O_WRONLY | O_NONBLOCK)
            try Files.write(pipe.number, [0], named: "start")
            let lock = try Files.open(container.path + "/init.lock", O_RDONLY)
            _ = try FileLock.share(lock.number, named: "init.lock", wait: true)
        }
        let reason = (try? Files.readText(container.path + "/init.lock")) ?? ""
        if !reason.isEmpty { throw RuntimeError(reason) }
    }
}
