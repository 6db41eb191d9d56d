import Glibc
import LinuxKernel

/// Layers and images that came from jails, each in a directory of its own below ``StateLayout/ownLayers``.
///
///     own/ID/upper      a read-only layer
///     own/ID/disk.img   the image of a snapshot
///     own/.making-ID/   one that is being copied, locked by whoever copies
///
/// Nothing counts references: what no record names is garbage, and it is found by reading the records.
public struct OwnLayers: Sendable {
    private let layout: StateLayout

    /// The layers of an installation.
    public init(_ layout: StateLayout) {
        self.layout = layout
    }

    /// Whether `name` is a name that ``newName()`` could have made.
    static func isName(_ name: String) -> Bool {
        name.utf8.count == 16 && name.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// A name that nothing has.
    public static func newName() -> String {
        let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Keeps garbage collection away, shared with others who make something here.
    ///
    /// To be held from before a layer gets its name until a record names it.
    public func hold() throws(SyscallError) -> OwnedDescriptor {
        try lock(exclusive: false)
    }

    private func lock(exclusive: Bool) throws(SyscallError) -> OwnedDescriptor {
        if !Files.exists(layout.ownLayers) { try Files.makeDirectories(layout.ownLayers, mode: 0o700) }
        let folder = try Files.open(layout.ownLayers, OpenFlag.readOnlyDirectory)
        if exclusive {
            _ = try FileLock.take(folder.number, named: layout.ownLayers, wait: true)
        } else {
            try FileLock.share(folder.number, named: layout.ownLayers)
        }
        return folder
    }

    /// Makes a directory `own/ID` by `body`, which gets a directory to fill; its name shows only what is complete.
    public func make(
        _ name: String,
        _ body: (String) throws(SyscallError) -> Void
    ) throws(SyscallError) {
        let making = "\(layout.ownLayers)/.making-\(name)"
        try Files.makeDirectory(making, mode: 0o700)
        let folder = try Files.open(making, OpenFlag.readOnlyDirectory)
        _ = try FileLock.take(folder.number, named: making, wait: true)
        do throws(SyscallError) {
            try body(making)
            try FileSystemSpace.sync(folder.number, named: making)
            try Files.rename(making, to: "\(layout.ownLayers)/\(name)", replacing: false)
        } catch {
            try? Files.removeTree(making)
            throw error
        }
    }

    /// Every record of roots: of jails, of changes under way, of snapshots.
    ///
    /// - Throws: For a record that cannot be read: what it needs is unknown, so nothing may be removed.
    public func records() throws(SyscallError) -> [JailRoot] {
        var found: [JailRoot] = []
        for jail in try Files.listIfPresent("\(layout.library)/jails") {
            for path in [layout.rootRecord(jail), layout.rootChange(jail)] {
                if let root = try JailRoot.read(path) { found.append(root) }
            }
            let folder = layout.snapshotDirectory(jail)
            for name in try Files.listIfPresent(folder) where !name.contains(".new-") {
                if let root = try JailRoot.read("\(folder)/\(name)") { found.append(root) }
            }
        }
        return found
    }

    /// Removes what no record names and nobody is making.
    ///
    /// `inUse`: Directories below the library that running jails have mounted, whatever records say. Returns what was
    /// removed.
    @discardableResult
    public func collect(inUse: Set<String>) throws(SyscallError) -> [String] {
        guard Files.exists(layout.ownLayers) else { return [] }
        let lock = try lock(exclusive: true)
        defer { _ = lock.number }
        var named: Set<String> = []
        for root in try records() {
            named.formUnion(root.layers.filter { $0.hasPrefix("own/") }.map { String($0.dropFirst(4).dropLast(6)) })
            if let image = root.image { named.insert(image) }
            if let retired = root.retired { named.insert(retired) }
        }
        for path in inUse where path.hasPrefix("own/") { named.insert(String(path.dropFirst(4).dropLast(6))) }
        var removed: [String] = []
        for entry in try Files.list(layout.ownLayers) where !named.contains(entry) {
            let path = "\(layout.ownLayers)/\(entry)"
            if entry.hasPrefix(".making-") {
                let folder = try Files.open(path, OpenFlag.readOnlyDirectory)
                guard try FileLock.take(folder.number, named: path, wait: false) else { continue }
                try Files.removeTree(path)
                continue
            }
            // The name goes first: a half-removed layer must not look whole.
            let doomed = "\(layout.ownLayers)/.making-\(entry)"
            try Files.rename(path, to: doomed)
            try Files.removeTree(doomed)
            removed.append(entry)
        }
        return removed
    }
}
