import Glibc
import LinuxKernel

/// Keeps compiled programs in a directory, so that a start costs the reading of two or three small files.
///
/// An entry holds the policy files it was made from, byte for byte; it counts only if they are still the same. The
/// digest in its name serves to find it: two policies with one digest, a changed file or a torn entry lead to a new
/// compilation, never to another policy's program.
public struct SeccompCache: Sendable {
    private let directory: String

    /// Uses `directory`, which is made when first needed, for root alone.
    public init(directory: String) {
        self.directory = directory
    }

    /// The program of a policy for a jail with these capabilities: from the cache, or compiled and put there.
    ///
    /// On a hit no YAML is parsed and libseccomp is not called. A cache that cannot be written is not an error: the
    /// next start compiles again.
    ///
    /// - Parameters:
    ///   - name: As profiles give it: a name, or a path if it has a slash.
    ///   - library: Where policies are.
    ///   - capabilities: The jail's bounding set, one bit per capability number.
    /// - Returns: A program that the kernel takes.
    /// - Throws: ``SeccompError`` if there is no such policy, or it has mistakes; nothing is cached then.
    public func program(
        for name: String,
        in library: PolicyLibrary,
        capabilities: UInt64
    ) throws(SeccompError) -> SeccompProgram {
        let source = try library.source(name)
        let path = entryPath(source, capabilities)
        if let entry = entry(at: path), isCurrent(entry, source, library, capabilities) { return entry.program }
        let (policy, sources) = try library.load(source)
        let program = try SeccompCompiler.compile(policy, capabilities: capabilities)
        let inputs = sources.map { CacheEntry.Source(name: $0.name, text: $0.text) }
        keep(CacheEntry(capabilities: capabilities, sources: inputs, program: program), at: path)
        return program
    }

    private func entryPath(_ source: PolicySource, _ capabilities: UInt64) -> String {
        var hash = ContentHash()
        hash.add(UInt64(SeccompCompiler.version))
        hash.add(capabilities)
        hash.add(source.name.utf8)
        hash.add(source.text)
        return "\(directory)/\(hash.digits).seccomp"
    }

    // An entry that somebody else may have written decides nothing.
    private func entry(at path: String) -> CacheEntry? {
        guard let status = try? Files.status(path), status.isRegular, status.uid == geteuid(),
            status.mode & 0o022 == 0, let bytes = try? Files.readBytes(path)
        else { return nil }
        return CacheEntry(bytes: bytes)
    }

    private func isCurrent(
        _ entry: CacheEntry,
        _ source: PolicySource,
        _ library: PolicyLibrary,
        _ capabilities: UInt64
    ) -> Bool {
        guard entry.capabilities == capabilities, let own = entry.sources.first, own.name == source.name,
            own.text == source.text
        else { return false }
        return entry.sources.dropFirst().allSatisfy { extended in
            (try? library.source(extended.name))?.text == extended.text
        }
    }

    private func keep(_ entry: CacheEntry, at path: String) {
        try? Files.makeDirectories(directory, mode: 0o700)
        try? Files.replace(path, with: entry.bytes)
    }

    /// The program for a text of any form: from the cache, or compiled and put there.
    ///
    /// As ``program(for:in:capabilities:)``: the entry holds the text, and counts only if it is the same.
    ///
    /// - Parameters:
    ///   - text: What the program is made of, every byte of it.
    ///   - name: What kind of text it is.
    ///   - compile: Makes the program on a miss.
    /// - Returns: A program that the kernel takes.
    /// - Throws: What `compile` throws; nothing is cached then.
    public func program<Failure: Error>(
        forText text: [UInt8],
        named name: String,
        compile: () throws(Failure) -> SeccompProgram
    ) throws(Failure) -> SeccompProgram {
        let path = entryPath(PolicySource(name: name, file: "", text: text), 0)
        if let entry = entry(at: path), let own = entry.sources.first, own.name == name, own.text == text {
            return entry.program
        }
        let program = try compile()
        keep(CacheEntry(capabilities: 0, sources: [.init(name: name, text: text)], program: program), at: path)
        return program
    }
}
