import Glibc
import LinuxKernel

/// nginx, as far as Bailey drives it: one instance of its own, that leads names to jails.
///
/// It is not the distribution's service: it has its own configuration, process id and temporary folder below Bailey's
/// runtime directory, is started with the first site and ends with the last. A change is a file and a signal (nginx(8),
/// "Controlling nginx": SIGHUP): old workers finish what they have begun, so no request is dropped.
public struct SiteProxy: Sendable {
    /// What went wrong, in words.
    public enum Failure: Error {
        /// nginx is not installed.
        case missing
        /// The name is another jail's.
        case taken(name: String, jail: String)
        /// nginx does not take the configuration, or cannot listen.
        case refused(String)
        /// A call failed.
        case system(SyscallError)
    }

    private let folder: String

    static let program = "/usr/sbin/nginx"

    /// The proxy of an installation; its files are below `folder`.
    public init(folder: String) { self.folder = folder }

    /// Held while anything here changes, by the launcher too.
    public var lockFile: String { folder + "/lock" }
    /// Where nginx writes down its process.
    public var processFile: String { folder + "/nginx.pid" }
    /// The folder of the jails' files.
    public var sites: String { folder + "/sites" }
    /// The file of a jail.
    public func file(of jail: String) -> String { "\(sites)/\(jail).conf" }

    /// What nginx reads.
    public var configuration: String { folder + "/nginx.conf" }

    /// Leads sites to a jail, from now on.
    ///
    /// - Throws: ``Failure``; nothing has changed.
    public func publish(_ published: [Site], for jail: String) throws(Failure) {
        guard Files.exists(Self.program) else { throw .missing }
        let lock = try system { () throws(SyscallError) in try lockedFolder() }
        _ = lock.number
        for site in published {
            if let owner = owner(of: site, except: jail) { throw .taken(name: site.name, jail: owner) }
        }
        let file = file(of: jail)
        let before = try? Files.readBytes(file)
        try system { () throws(SyscallError) in
            try Files.replace(file, with: Array(SiteConfiguration.sites(published).utf8))
        }
        do throws(Failure) {
            try apply()
        } catch {
            if let before { try? Files.replace(file, with: before) } else { try? Files.remove(file) }
            throw error
        }
    }

    /// Starts nginx again if it has ended although sites are published.
    ///
    /// - Returns: Whether it had to be.
    public func restore() throws(Failure) -> Bool {
        guard Files.exists(sites), !((try? Files.list(sites)) ?? []).isEmpty else { return false }
        let lock = try system { () throws(SyscallError) in try lockedFolder() }
        _ = lock.number
        guard ProcessFile.open(processFile, running: configuration) == nil else { return false }
        try apply()
        return true
    }

    private func lockedFolder() throws(SyscallError) -> OwnedDescriptor {
        // Workers of nginx, which are another user, go through it; what lies in it is root's.
        if !Files.exists(sites) { try Files.makeDirectories(sites, mode: 0o711) }
        let lock = try Files.open(lockFile, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        _ = try FileLock.take(lock.number, named: lockFile, wait: true)
        return lock
    }

    /// A jail that has published the name already.
    private func owner(of site: Site, except jail: String) -> String? {
        let wanted = "    server_name \(site.name);"
        let listens = site.isSecure ? "    listen 443 ssl;" : "    listen 80;"
        for entry in (try? Files.list(sites)) ?? [] where entry != "\(jail).conf" && entry.hasSuffix(".conf") {
            let lines = ((try? Files.readText("\(sites)/\(entry)")) ?? "").split(separator: "\n")
            for (number, line) in lines.enumerated() where line == wanted[...] {
                // The name stands two lines below what it listens to.
                if number >= 2, lines[number - 2] == listens[...] { return String(entry.dropLast(5)) }
            }
        }
        return nil
    }

    /// Has nginx look at what lies there; only when it finds nothing wrong is it used.
    private func apply() throws(Failure) {
        let isSecure = ((try? Files.list(sites)) ?? []).contains { entry in
            ((try? Files.readText("\(sites)/\(entry)")) ?? "").contains("listen 443 ssl")
        }
        try system { () throws(SyscallError) in
            let text = SiteConfiguration.main(folder: folder, isSecure: isSecure)
            try Files.replace(configuration, with: Array(text.utf8))
        }
        try run(["-t", "-q"])
        if let running = ProcessFile.open(processFile, running: configuration) {
            try system { () throws(SyscallError) in try Processes.signal(pidfd: running.number, SIGHUP) }
        } else {
            try run([])
            try awaitProcessFile()
        }
    }

    /// nginx writes its process down a moment after the start is over; until then another start would make a second one.
    private func awaitProcessFile() throws(Failure) {
        for _ in 0..<400 {
            if ProcessFile.open(processFile, running: configuration) != nil { return }
            Events.sleep(milliseconds: 5)
        }
        throw .refused("it has not written down its process")
    }

    /// Runs nginx in the foreground of its own start; the server itself goes on by itself.
    private func run(_ words: [String]) throws(Failure) {
        let log = folder + "/start.log"
        let status = try system { () throws(SyscallError) in
            let null = try Files.open("/dev/null", O_RDWR)
            let output = try Files.open(log, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
            let child = try Processes.spawn(
                Self.program,
                ["nginx", "-c", configuration, "-p", folder, "-e", folder + "/error.log"] + words,
                ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
                descriptors: [(null.number, 0), (output.number, 1), (output.number, 2)]
            )
            return try Processes.reap(child.pid)
        }
        guard status.shellCode != 0 else { return }
        let said = ((try? Files.readText(log)) ?? "").split(separator: "\n").first.map(String.init)
        throw .refused(said ?? "it ended with \(status.shellCode)")
    }

    private func system<Value: ~Copyable>(_ body: () throws(SyscallError) -> Value) throws(Failure) -> Value {
        do throws(SyscallError) { return try body() } catch { throw .system(error) }
    }
}
