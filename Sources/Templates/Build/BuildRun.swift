import LinuxKernel

/// A build under way: what each step needs.
///
/// The steps themselves: `HostSteps`, `DebianSteps`, `AccountSteps`.
struct BuildRun {
    let job: BuildJob
    let store: TemplateStore
    let runner: any StepRunner
    let progress: (BuildEvent) -> Void
    /// The build directory.
    let path: String
    /// Its lock, which programs on the host inherit.
    let held: Int32

    var tree: RootedTree { RootedTree(root: "\(path)/rootfs") }
    var work: String { "\(path)/work" }

    /// Does what `from:` says.
    ///
    /// - Returns: What the source itself says of how jails are run.
    func source() throws(TemplateError) -> TemplateDefaults? {
        var defaults: TemplateDefaults?
        switch job.template.source {
        case .empty: break
        case .debian(let debian): try bootstrap(debian)
        case .tar(let file, let expected): try unpack(file, expected)
        case .oci(let image): defaults = try unpack(image)
        case .template: try LayerTree.materialize(job.parentLayers, of: store, into: tree.root, held: held)
        }
        try attempting("prepare the rootfs") { () throws(SyscallError) in try Mountpoints.make(in: tree) }
        return defaults
    }

    /// Does one step.
    func step(_ step: TemplateStep) throws(TemplateError) {
        switch step {
        case .packages(let names): try install(names, step: step.description)
        case .extract(let packages, let only): try extract(packages, only: only)
        case .copy(let copy): try self.copy(copy)
        case .run(let run): try self.run(run, step: step.description)
        case .user(let user): try addUser(user)
        case .file(let file): try write(file)
        case .directory(let path, let attributes): try makeDirectory(path, attributes)
        case .symlink(let path, let target):
            try attempting(step.description) { () throws(SyscallError) in try tree.makeLink(path, to: target) }
        }
    }

    /// Runs a command of the template in a jail on the rootfs.
    func run(_ command: RunStep, step description: String) throws(TemplateError) {
        var tail: [String] = []
        let status: Int32
        do throws(StepRunnerError) {
            status = try runner.run(
                StepCommand(
                    rootfs: tree.root,
                    arguments: command.command,
                    environment: environment(command.environment),
                    workingDirectory: command.workingDirectory,
                    user: command.user,
                    needsNetwork: command.needsNetwork
                ),
                output: { line in
                    tail = tail.suffix(19) + [line]
                    progress(.output(line))
                }
            )
        } catch {
            throw .runner(description: description, reason: error.reason)
        }
        if status != 0 {
            throw .step(template: job.template.name, description: description, status: status, output: tail)
        }
    }

    // Later ones win: what the step says over the template's arguments over what every step gets.
    private func environment(_ own: [String]) -> [String] {
        let common = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
            "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true", "SOURCE_DATE_EPOCH=\(job.sourceDate)",
        ]
        let arguments = job.template.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var values: [String: String] = [:]
        for item in common + arguments + own { values[String(item.prefix { $0 != "=" })] = item }
        return values.sorted { $0.key < $1.key }.map(\.value)
    }

    private func unpack(_ file: String, _ expected: String?) throws(TemplateError) {
        let found = try CopiedFiles.archive(file, in: job.template.directory).hex
        if let expected, expected != found { throw .digestMismatch(file: file, expected: expected, found: found) }
        let host = try CopiedFiles.hostPath(file, in: job.template.directory)
        let archive = try attempting("open \(file)") { () throws(SyscallError) in try Files.open(host, 0) }
        try ArchiveFile.unpack(archive.number, named: file, with: TarExtractor(tree: tree))
    }
}
