import LinuxKernel

/// Steps that only write files. They run on the host, through ``RootedTree``, and execute nothing.
extension BuildRun {
    func copy(_ step: CopyStep) throws(TemplateError) {
        let (uid, gid) = try owner(step.attributes, step: "copy")
        let host = try CopiedFiles.hostPath(step.from, in: job.template.directory)
        for (path, entry) in try CopiedFiles.list(step.from, in: job.template.directory) {
            let target = path.isEmpty ? step.to : "\(step.to)/\(path)"
            let source = path.isEmpty ? host : "\(host)/\(path)"
            try attempting("copy \(step.from) to \(target)") { () throws(SyscallError) in
                switch entry.kind {
                case .directory: try tree.makeDirectory(target, uid: uid, gid: gid, mode: entry.mode)
                case .link(let text): try tree.makeLink(target, to: text, uid: uid, gid: gid)
                case .file:
                    let content = try Files.readBytes(source, limit: 1 << 31)
                    try tree.write(target, content, uid: uid, gid: gid, mode: step.attributes.mode ?? entry.mode)
                case .fifo, .whiteout: break
                }
            }
        }
    }

    func write(_ step: FileStep) throws(TemplateError) {
        let (uid, gid) = try owner(step.attributes, step: "file \(step.path)")
        try attempting("write \(step.path)") { () throws(SyscallError) in
            let mode = step.attributes.mode ?? 0o644
            try tree.write(step.path, Array(step.content.utf8), uid: uid, gid: gid, mode: mode)
        }
    }

    func makeDirectory(_ path: String, _ attributes: FileAttributes) throws(TemplateError) {
        let (uid, gid) = try owner(attributes, step: "directory \(path)")
        try attempting("make directory \(path)") { () throws(SyscallError) in
            try tree.makeDirectory(path, uid: uid, gid: gid, mode: attributes.mode ?? 0o755)
        }
    }

    private func owner(_ attributes: FileAttributes, step: String) throws(TemplateError) -> (UInt32, UInt32) {
        let accounts = try AccountFiles.read(tree)
        return (
            try accounts.number(attributes.owner ?? "0", in: accounts.users, step: step),
            try accounts.number(attributes.group ?? "0", in: accounts.groups, step: step)
        )
    }
}
