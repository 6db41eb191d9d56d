import Glibc
import LinuxKernel

/// Debian packages. The host only downloads and unpacks; every maintainer script runs in the jail.
extension BuildRun {
    /// A Debian base system.
    ///
    /// mmdebstrap's `extract` variant unpacks the essential packages and runs nothing of them. Then the jail has a dpkg,
    /// and installs the same packages once more, properly. What else is wanted comes as in any `packages` step.
    func bootstrap(_ debian: DebianSource) throws(TemplateError) {
        guard let sources = job.aptSources else { return }
        let files = try attempting("write apt sources") { () throws(SyscallError) in
            try sources.write(to: "\(work)/bootstrap")
        }
        var arguments = [
            "mmdebstrap", "--variant=extract", "--mode=unshare", "--format=directory", "--include=?essential",
            "--include=apt,usr-is-merged", "--skip=chroot/mount,cleanup/apt/cache",
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        ]
        arguments += debian.exclude.map { "--dpkgopt=path-exclude=\($0)" }
        arguments += [debian.archive.release, tree.root] + files
        try HostCommand(arguments, environment: ["SOURCE_DATE_EPOCH=\(job.sourceDate)", "TMPDIR=\(work)"], held: held)
            .run("unpack Debian \(debian.archive.release)") { progress(.output($0)) }
        try attempting("prepare the rootfs") { () throws(SyscallError) in try Mountpoints.make(in: tree) }
        let label = "from Debian \(debian.archive.release)"
        // dpkg knows no order of installation; apt, which does, is not configured yet.
        let script = "dpkg --install --force-depends --force-unsafe-io /var/cache/apt/archives/*.deb"
        try withoutServices { () throws(TemplateError) in try run(.script(script), step: label) }
        try attempting(label) { () throws(SyscallError) in try tree.empty("/var/cache/apt/archives") }
        let more = (debian.isMinimalBase ? ["?priority(required)"] : []) + debian.packages
        if !more.isEmpty { try install(more, step: label, markingOthers: false) }
        try run(.script(Self.markingScript(for: debian.packages)), step: label)
    }

    // What nobody asked for and no Debian system must have is there for others, and may go with them.
    private static func markingScript(for packages: [String]) -> String {
        let asked = (["apt"] + packages).map { String($0.prefix { $0 != "=" }) }.joined(separator: " ")
        return """
            apt-mark auto $(dpkg-query --show --showformat='${Priority} ${Package}\\n' | sed -n '/^required /!s/.* //p') >/dev/null
            apt-mark manual \(asked) >/dev/null
            """
    }

    /// Installs packages and what they need.
    ///
    /// With `markingOthers`, apt is told that what came along is there for them only.
    func install(_ packages: [String], step: String, markingOthers: Bool = true) throws(TemplateError) {
        guard let sources = job.aptSources, let status = try dpkgStatus() else {
            throw .unsuitable(
                step: step,
                reason: "the rootfs has no dpkg: build on a Debian template, or use an extract step"
            )
        }
        let files = try hostApt(sources).fetch(packages, beyond: status)
        if files.isEmpty { return }
        let folder = "/var/cache/bailey"
        try bring(files, into: folder)
        var script = """
            apt-get --yes --no-install-recommends -o APT::Sandbox::User=root -o Dpkg::Use-Pty=false \
            -o DPkg::Path="$PATH" \
            -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null \
            -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io install \(folder)/*.deb
            """
        let asked = Set(packages.map { String($0.prefix { $0 != "=" }) })
        let others = files.map(Self.packageName).filter { !asked.contains($0) }
        if markingOthers, !others.isEmpty { script += "\napt-mark auto \(others.joined(separator: " ")) >/dev/null" }
        try withoutServices { () throws(TemplateError) in try run(.script(script), step: step) }
        try attempting(step) { () throws(SyscallError) in try tree.remove(folder) }
    }

    /// Takes files out of packages, without dpkg and without scripts.
    func extract(_ packages: [String], only: [String]) throws(TemplateError) {
        guard let sources = job.aptSources else { return }
        for file in try hostApt(sources).fetchAlone(packages) {
            let command = HostCommand(["dpkg-deb", "--fsys-tarfile", file], held: held)
            var reader = TarReader(PipeSource(running: try command.start("unpack \(file)", mergingErrors: false)))
            try TarExtractor(tree: tree, only: only).extract(&reader)
            try reader.finish()
        }
    }

    private func hostApt(_ sources: AptSources) -> HostApt {
        HostApt(sources: sources, work: work, cache: "\(store.cacheDirectory)/debian", held: held) {
            progress(.output($0))
        }
    }

    // A copy, because the host's apt must not follow what a step may have made of the path.
    private func dpkgStatus() throws(TemplateError) -> String? {
        try attempting("read the rootfs' package list") { () throws(SyscallError) in
            guard let text = try tree.text("/var/lib/dpkg/status") else { return nil }
            try Files.replace("\(work)/status", with: Array(text.utf8))
            return "\(work)/status"
        }
    }

    // Copies, not links: the jail may write to them. Numbered, because apt takes the `%3a` of an epoch for a colon.
    private func bring(_ files: [String], into folder: String) throws(TemplateError) {
        let host = try attempting("bring packages into the rootfs") { () throws(SyscallError) in
            try tree.remove(folder)
            try tree.makeDirectory(folder, uid: 0, gid: 0, mode: 0o755)
            return try tree.hostPath(folder)
        }
        try HostCommand(["cp", "--reflink=auto", "--"] + files + ["\(host)/"], held: held).run("copy packages")
        try attempting("bring packages into the rootfs") { () throws(SyscallError) in
            for (index, file) in files.enumerated() {
                let name = file.split(separator: "/").last.map(String.init) ?? ""
                try Files.rename("\(host)/\(name)", to: "\(host)/\(index).deb")
            }
        }
    }

    // Programs that tell maintainer scripts that no system is running here, only for as long as `body` takes:
    // invoke-rc.d(8) asks policy-rc.d whether it may start a daemon (101: no); scripts that would talk to init or
    // signal it ask ischroot(1), which a jail does not deceive (0: yes), and wait long for an answer.
    private func withoutServices(_ body: () throws(TemplateError) -> Void) throws(TemplateError) {
        let standIns = [("/usr/sbin/policy-rc.d", 101), ("/usr/local/sbin/ischroot", 0)]
        let made = try attempting("forbid daemons") { () throws(SyscallError) in
            var made: [String] = []
            for (path, answer) in standIns {
                guard let host = try? tree.hostPath(path), !Files.exists(host) else { continue }
                try tree.write(path, Array("#!/bin/sh\nexit \(answer)\n".utf8), mode: 0o755)
                made.append(path)
            }
            return made
        }
        try body()
        try attempting("forbid daemons") { () throws(SyscallError) in
            for path in made { try tree.remove(path) }
        }
    }

    private static func packageName(_ file: String) -> String {
        String((file.split(separator: "/").last ?? "").prefix { $0 != "_" })
    }
}
