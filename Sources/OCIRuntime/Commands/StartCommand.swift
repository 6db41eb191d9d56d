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
        let left = try attempting("start container \(id)") { () throws(SyscallError) in
            let pipe = try Files.open(container.path + "/" + StateStore.gate, O_RDWR | O_NONBLOCK)
            try Files.write(pipe.number, [0], named: "start")
            _ = try FileLock.share(pipe.number, named: "start", wait: true)
            // Empty after a start; otherwise the reason why there is none, or our own byte that nobody read.
            return (try? Files.readSome(pipe.number, named: "start", upTo: 4096)) ?? []
        }
        if left == [0] { throw RuntimeError("start container \(id): its process ended before it could be started") }
        if !left.isEmpty { throw RuntimeError(String(decoding: left, as: UTF8.self)) }
    }
}
