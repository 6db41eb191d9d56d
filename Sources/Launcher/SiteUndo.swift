import Glibc
import Launch
import LinuxKernel

extension NetworkActions {
    /// Takes a jail's web sites from the proxy, which ends with the last of them.
    ///
    /// A request that is being answered is answered to its end (SIGHUP, or SIGQUIT for the last): nginx(8).
    static func withdraw(_ step: SiteStep) throws(SyscallError) {
        let lock = try Files.open(step.lock, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        _ = try FileLock.take(lock.number, named: step.lock, wait: true)
        guard Files.exists(step.file) else { return }
        try Files.remove(step.file)
        let isLast = try !Files.list(step.folder).contains { $0.hasSuffix(".conf") }
        guard let proxy = ProcessFile.open(step.processFile, running: step.configuration) else { return }
        try Processes.signal(pidfd: proxy.number, isLast ? SIGQUIT : SIGHUP)
        // The next first site starts a proxy of its own: it must not mistake this one, which is ending, for it.
        if isLast { try? Files.remove(step.processFile) }
    }
}
