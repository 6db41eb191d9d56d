import Glibc
import LinuxKernel

/// apt-get of the host, used to find out and fetch what a rootfs needs.
///
/// It changes nothing of the host: state, cache and sources are given to it, and it never installs.
struct HostApt {
    let sources: AptSources
    /// A directory for files of this build.
    let work: String
    /// Downloaded packages, kept between builds.
    let cache: String
    let held: Int32
    let output: (String) -> Void

    private var archives: String { "\(cache)/archives" }
    private var freshLists: String { "\(cache)/lists" }

    /// Fetches the packages and everything they need beyond what `status` (a dpkg status file) says is installed.
    ///
    /// - Returns: Host paths of the .deb files to install, dependencies included.
    func fetch(_ packages: [String], beyond status: String) throws(TemplateError) -> [String] {
        try prepared(status: status) { options throws(TemplateError) in
            let request = ["--yes", "--no-install-recommends", "install"] + packages
            let empty = "\(work)/no-archives"
            try attempting("fetch packages") { () throws(SyscallError) in try Files.makeDirectories("\(empty)/partial")
            }
            let planned = try command(options + ["-o", "Dir::Cache::archives=\(empty)", "--print-uris"] + request)
                .lines("find out what \(packages.joined(separator: " ")) needs")
            let names = planned.compactMap(Self.fileName)
            try command(options + ["--download-only"] + request).run("fetch packages", output: output)
            return names.map { "\(archives)/\($0)" }
        }
    }

    /// Fetches exactly these packages, without what they need.
    func fetchAlone(_ packages: [String]) throws(TemplateError) -> [String] {
        try prepared(status: "/dev/null") { options throws(TemplateError) in
            let planned = try command(options + ["--print-uris", "download"] + packages)
                .lines("find \(packages.joined(separator: " "))")
            let names = planned.compactMap(Self.fileName)
            let missing = names.filter { !Files.exists("\(archives)/\($0)") }
            if !missing.isEmpty {
                let download = ["env", "--chdir=\(archives)", "apt-get"] + options + ["download"] + packages
                try HostCommand(download, held: held).run("fetch packages", output: output)
            }
            return names.map { "\(archives)/\($0)" }
        }
    }

    // With the host's package lists, and if these are missing or too old for it, once more with fresh ones of our own.
    private func prepared(
        status: String,
        _ body: ([String]) throws(TemplateError) -> [String]
    ) throws(TemplateError) -> [String] {
        let lock = try attempting("prepare the package cache") { () throws(SyscallError) in
            for path in ["\(archives)/partial", "\(freshLists)/partial"] {
                try Files.makeDirectories(path, mode: 0o700)
            }
            _ = try sources.write(to: "\(work)/sources")
            let lock = try Files.open("\(cache)/.lock", O_RDWR | O_CREAT | O_NOFOLLOW)
            _ = try RawFiles.lock(lock.number, exclusive: true, trying: false, named: cache)
            return lock
        }
        defer { _ = lock.number }
        let common = options(status: status)
        do {
            return try body(common)
        } catch {
            guard case .command = error else { throw error }
            output("the host's package lists do not do; fetching fresh ones")
            let fresh = common + ["-o", "Dir::State::lists=\(freshLists)"]
            try command(fresh + ["update"]).run("fetch package lists", output: output)
            return try body(fresh)
        }
    }

    private func options(status: String) -> [String] {
        [
            "Dir::Etc::sourcelist=/dev/null", "Dir::Etc::sourceparts=\(work)/sources", "Dir::State::status=\(status)",
            "Dir::State::extended_states=\(work)/extended_states", "Dir::Cache::archives=\(archives)",
            "Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache=", "Dir::Log=\(work)", "APT::Sandbox::User=root",
            "Dpkg::Use-Pty=false", "quiet=1",
        ].flatMap { ["-o", $0] }
    }

    private func command(_ arguments: [String]) -> HostCommand {
        HostCommand(["apt-get"] + arguments, held: held)
    }

    // `'URI' FILE SIZE DIGEST`
    private static func fileName(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard words.count >= 3, words[0].hasPrefix("'"), words[1].hasSuffix(".deb"), !words[1].contains("/") else {
            return nil
        }
        return String(words[1])
    }
}
