import Glibc
import Launch
import LinuxKernel

/// The runtime in the foreground of a running container: passes signals and terminal on, and waits for the end.
public enum ContainerService {
    /// Serves until the first process has ended and is reaped.
    ///
    /// - Parameters:
    ///   - container: What runs.
    ///   - signals: Where signals arrive, taken before the process was made.
    /// - Returns: How the first process ended.
    /// - Throws: ``ContainerFailure`` when the terminal cannot be served; the container runs on then.
    public static func serve(
        _ container: consuming LaunchedContainer,
        signals: consuming OwnedDescriptor
    ) throws(ContainerFailure) -> WaitStatus {
        let own = Streams(terminal: container.terminal != nil, input: true, log: "", logBytes: 0, logFiles: 0)
        // Without a terminal the process has the caller's streams themselves: nothing is relayed.
        let none = Streams(terminal: true, input: true, log: "", logBytes: 0, logFiles: 0)
        var relays = try step(.terminal) { () throws(SyscallError) in try StreamRelays(none) }
        let running = container.running(signals)
        let guest = GuestProcess(
            isInit: false,
            arguments: [],
            environment: [],
            directory: "/",
            graceMilliseconds: 0,
            stopSignal: SIGTERM
        )
        return LauncherLoop.run(guest, own, running, &relays).status
    }
}
