/// Files in which daemons write down their process.
public enum ProcessFile {
    /// The process that a file names, if its command line names `word`; nil when it has ended or is another program's.
    ///
    /// The number may have been given anew: the pidfd is opened first and the command line read after, so what is returned is
    /// the process whose command line was read, or one that has ended since.
    public static func open(_ path: String, running word: String) -> OwnedDescriptor? {
        guard let text = try? Files.readText(path), let pid = ProcessID(text.prefix { $0 != "\n" }), pid > 1,
            let process = try? Processes.open(pid),
            let line = try? Files.readBytes("/proc/\(pid)/cmdline")
        else { return nil }
        let words = String(decoding: line, as: UTF8.self).split { $0 == "\0" || $0 == " " }
        guard words.contains(where: { $0 == word[...] }) else { return nil }
        return process
    }
}
