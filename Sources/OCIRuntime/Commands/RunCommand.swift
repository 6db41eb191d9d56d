import Glibc
import Launch
import Launcher
import LinuxKernel

/// `run`: create, start, wait, delete.
struct RunCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let options = CreateCommand.options + [.flag("detach", "d"), .flag("keep")]
        let arguments = try Arguments(words, options, command: "run")
        let id = try arguments.identifier("run")
        let creation = try Creation(runtime, arguments, id, command: "run")
        let detaches = arguments.has("detach")
        if detaches, creation.configuration.process?.terminal == true, arguments.value("console-socket") == nil {
            throw RuntimeError("run: cannot allocate a terminal if it will detach without --console-socket")
        }
        // A signal that arrives from now on is not lost: it waits in the descriptor.
        let signals = detaches ? nil : try attempting("run") { () throws(SyscallError) in try Events.takeSignals() }
        let made = try creation.carryOut(waits: false)
        let hooks = creation.configuration.hooks.hooks
        do throws(ContainerFailure) {
            try made.launched.awaitProgram()
            let pid = made.launched.process.pid
            let state = Array(made.record.state("running", pid: pid).text().utf8)
            try HookRunner.run("poststart", hooks.poststart, state: state, environment: Environment.own)
        } catch {
            remove(id, hooks)
            throw RuntimeError(error.reason)
        }
        guard let signals else { return 0 }
        return try serve(made, signals, keeps: arguments.has("keep"), hooks)
    }

    private func serve(
        _ made: consuming MadeContainer,
        _ signals: consuming OwnedDescriptor,
        keeps: Bool,
        _ hooks: ContainerHooks
    ) throws(RuntimeError) -> Int32 {
        let id = made.record.id
        let status: WaitStatus
        do throws(ContainerFailure) {
            status = try ContainerService.serve(made.takeLaunched(), signals: signals)
        } catch {
            throw RuntimeError(error.reason)
        }
        if !keeps { remove(id, hooks) }
        return status.shellCode
    }

    private func remove(_ id: String, _ hooks: ContainerHooks) {
        guard let container = try? runtime.store.load(id) else { return }
        Ending.kill(container)
        do throws(RuntimeError) {
            try Ending.remove(container)
        } catch {
            runtime.log.warning(error.description)
        }
        Ending.runStopHooks(container, hooks.poststop, runtime.log)
    }
}

extension MadeContainer {
    consuming func takeLaunched() -> LaunchedContainer { launched }
}
