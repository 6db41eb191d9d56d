import Glibc
import Launch
import LinuxKernel

/// Runs a configuration's hooks one after the other.
public enum HookRunner {
    /// Runs `hooks` of the moment `name`; the first that fails ends it.
    ///
    /// - Parameters:
    ///   - name: Such as `createRuntime`, for messages.
    ///   - hooks: What runs, in this order.
    ///   - state: The container's state as JSON, which each hook finds on its standard input.
    ///   - environment: What a hook without an environment of its own gets.
    /// - Throws: ``ContainerFailure`` with the number of the hook, from 0, and how it ended.
    public static func run(
        _ name: String,
        _ hooks: [ContainerHook],
        state: [UInt8],
        environment: @autoclosure () -> [String]
    ) throws(ContainerFailure) {
        if hooks.isEmpty { return }
        let environment = environment()
        for (index, hook) in hooks.enumerated() {
            do throws(HookFailure) {
                try run(hook, state, environment)
            } catch {
                throw ContainerFailure(.hooks, "error running \(name) hook #\(index): \(hook.path): \(error.reason)")
            }
        }
    }

    private struct HookFailure: Error {
        let reason: String
    }

    private static func run(
        _ hook: ContainerHook,
        _ state: [UInt8],
        _ environment: [String]
    ) throws(HookFailure) {
        let status: WaitStatus?
        do throws(SyscallError) {
            // A file and not a pipe: a hook that does not read its input must not make anybody wait.
            let input = try SealedMemory.make("state", state)
            let child = try Processes.spawn(
                hook.path,
                hook.arguments.isEmpty ? [hook.path] : hook.arguments,
                hook.environment ?? environment,
                // What a hook says belongs to the runtime's messages, never into the container's output.
                descriptors: [(input.number, 0), (2, 1), (2, 2)]
            )
            status = try wait(for: child, seconds: hook.timeout)
        } catch {
            throw HookFailure(reason: "\(error)")
        }
        guard let status else { throw HookFailure(reason: "it ran longer than \(hook.timeout ?? 0) s and was ended") }
        if let signal = status.signal {
            let words = signal == SIGSYS ? "bad system call" : "signal \(signal)"
            throw HookFailure(reason: "ended by signal: \(words)")
        }
        if let code = status.exitCode, code != 0 { throw HookFailure(reason: "exit status \(code)") }
    }

    private static func wait(for child: borrowing ClonedProcess, seconds: Int32?) throws(SyscallError) -> WaitStatus? {
        let deadline = seconds.map { Events.now() + Int64($0) * 1_000_000_000 }
        while true {
            let rest = deadline.map { max(($0 - Events.now()) / 1_000_000, 0) }
            let ready = try Events.wait(
                for: [(child.pidfd.number, Int16(POLLIN))],
                milliseconds: rest.map { Int32(min($0, 1_000_000)) } ?? -1
            )
            if ready[0] != 0 { return try Processes.reap(child.pid) }
            guard let deadline, Events.now() >= deadline else { continue }
            try? Processes.signal(pidfd: child.pidfd.number, SIGKILL)
            _ = try? Processes.reap(child.pid)
            return nil
        }
    }
}
