import Glibc
import LinuxKernel
import Storage
import Templates

extension Engine {
    /// Makes a jail of a stream that ``export(_:to:_:)`` wrote, here or on another host.
    ///
    /// Layers that are whole stay when the stream breaks off, so a second try with `--have` sends only the rest. The jail
    /// appears in one step, after every digest was right.
    ///
    /// The stream is not compressed. The jail is called `name`, or what it was called where it comes from; `progress` is
    /// told each layer that comes. Returns the jail's name.
    public func importJail(
        from input: Int32,
        as name: String?,
        progress: (String) -> Void = { _ in }
    ) throws(EngineError) -> String {
        let kept = try attempting("keeping layers") { () throws(SyscallError) in
            try layout.prepare()
            return try OwnLayers(layout).hold()
        }
        var arrival = JailArrival(engine: self, name: name)
        var reader = PartReader(from: input)
        do throws(EngineError) {
            try arrival.take(&reader, progress)
        } catch {
            arrival.withdraw()
            throw error
        }
        _ = kept.number
        return try arrival.appear()
    }
}

/// A jail that is being received.
private struct JailArrival {
    let engine: Engine
    var name: String?
    private let making: String
    private var isWhole = false
    private var template: [UInt8] = []
    private var roots: [JailRoot] = []

    init(engine: Engine, name: String?) {
        self.engine = engine
        self.name = name
        making = "\(engine.layout.ownLayers)/.making-\(OwnLayers.newName())"
    }

    func withdraw() { try? Files.removeTree(making) }

    mutating func take(_ reader: inout PartReader, _ progress: (String) -> Void) throws(EngineError) {
        let folder = making
        try attempting("making a jail") { () throws(SyscallError) in
            try Files.makeDirectories("\(folder)/snapshots", mode: 0o700)
        }
        while let part = try Self.next(&reader) {
            switch part.split(separator: "/").first {
            case "export": try takeHead(try Self.bytes(&reader))
            case "jail": try keep(part.dropFirst(5), try Self.bytes(&reader), isRoot: part == "jail/root")
            case "snapshots": try keep(part[...], try Self.bytes(&reader), isRoot: true)
            case "template": template = try Self.bytes(&reader)
            case "end":
                _ = try Self.bytes(&reader)
                isWhole = true
            case "layers", "own":
                progress(part)
                try takeLayer(part, &reader)
            default: throw .refused("importing: the stream has a part \"\(part)\", which this version does not know")
            }
        }
        guard isWhole else {
            throw .refused("importing: the stream ends too early: send it again with what is here left out")
        }
    }

    private static func next(_ reader: inout PartReader) throws(EngineError) -> String? {
        do throws(TemplateError) { return try reader.next() } catch { throw .template(error) }
    }

    private static func bytes(_ reader: inout PartReader) throws(EngineError) -> [UInt8] {
        do throws(TemplateError) { return try reader.bytes(limit: 1 << 24) } catch { throw .template(error) }
    }

    private mutating func takeHead(_ bytes: [UInt8]) throws(EngineError) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first == Engine.exportHead[...] else {
            throw .refused("importing: not an export of a jail, or of another version of Bailey")
        }
        if name == nil, let line = lines.first(where: { $0.hasPrefix("name ") }) { name = String(line.dropFirst(5)) }
        try engine.checkNew(name ?? "", for: "importing \(name ?? "a jail")")
    }

    /// Keeps a small file of the jail; its name is one path component at most below `snapshots`.
    private mutating func keep(_ path: Substring, _ bytes: [UInt8], isRoot: Bool) throws(EngineError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let known = ["declaration", "record", "root"]
        let fits =
            parts.count == 1 ? known.contains(String(path)) : parts.count == 2 && Engine.isLabel(String(parts[1]))
        guard fits else { throw .refused("importing: the stream has a file \"\(path)\", which no jail has") }
        if isRoot {
            guard let root = JailRoot(text: String(decoding: bytes, as: UTF8.self)) else {
                throw .refused("importing: \(path) is damaged")
            }
            roots.append(root)
        }
        let target = "\(making)/\(path)"
        try attempting("writing \(path)") { () throws(SyscallError) in try Files.replace(target, with: bytes) }
    }

    private func takeLayer(_ part: String, _ reader: inout PartReader) throws(EngineError) {
        let place = "\(engine.layout.library)/\(part)"
        guard roots.contains(where: { $0.names(part) }) else {
            throw .refused("importing: no root in the stream stands on \(part)")
        }
        if Files.exists(place) {
            while try Self.more(&reader) != nil {}
            return
        }
        let aside = "\(engine.layout.ownLayers)/.making-\(OwnLayers.newName())"
        defer { try? Files.removeTree(aside) }
        let lock = try attempting("making \(part)") { () throws(SyscallError) in
            try Files.makeDirectory(aside, mode: 0o700)
            let lock = try Files.open(aside, OpenFlag.readOnlyDirectory)
            _ = try FileLock.take(lock.number, named: aside, wait: true)
            return lock
        }
        // The reader compares the digest at the part's end: before that nothing of it has a name.
        try ConfinedTar(engine: engine).unpack(into: aside) { () throws(EngineError) in try Self.more(&reader) }
        if part.hasPrefix("layers/") { try verify(aside, part) }
        try attempting("keeping \(part)") { () throws(SyscallError) in
            try FileSystemSpace.sync(lock.number, named: aside)
            try Files.makeDirectories("\(engine.layout.library)/layers", mode: 0o700)
            do throws(SyscallError) {
                try Files.rename(aside, to: place, replacing: false)
            } catch  where error.errno == EEXIST {
                // Another import was faster.
            }
        }
    }

    private static func more(_ reader: inout PartReader) throws(EngineError) -> [UInt8]? {
        do throws(TemplateError) { return try reader.read() } catch { throw .template(error) }
    }

    private func verify(_ directory: String, _ part: String) throws(EngineError) {
        do throws(TemplateError) {
            try engine.store.verify(layerAt: directory, named: String(part.dropFirst(7)))
        } catch {
            throw .template(error)
        }
    }

    /// Puts the jail under its name.
    func appear() throws(EngineError) -> String {
        guard let name, let root = roots.first else { throw .refused("importing: the stream has no jail in it") }
        for layer in roots.flatMap(\.layers) where !Files.exists("\(engine.layout.library)/\(layer)") {
            withdraw()
            throw .refused("importing \(name): \(layer) is neither here nor in the stream: export without --have")
        }
        do throws(EngineError) {
            try publishTemplate(root)
            let (engine, making) = (engine, making)
            try attempting("making \(name)") { () throws(SyscallError) in
                var own = root
                own.image = nil
                if let image = root.image {
                    let path = "\(engine.layout.ownLayers)/\(image)/disk.img"
                    try DiskImage.copy(path, to: DiskImage.path(in: making))
                }
                try own.write(making + "/root")
                let layer = WritableLayer(stateDirectory: making)
                if !layer.isMade { try layer.make() }
                try Files.replace(making + "/fresh", with: [])
            }
            try Relabelling.apply(name, in: making, engine)
            try attempting("naming \(name)") { () throws(SyscallError) in
                try Files.rename(making, to: engine.layout.stateDirectory(name), replacing: false)
            }
        } catch {
            withdraw()
            throw error
        }
        return name
    }

    /// A start looks its template up by name; one that is here already is left alone.
    private func publishTemplate(_ root: JailRoot) throws(EngineError) {
        do throws(TemplateError) {
            try engine.store.adopt(template, as: root.template)
        } catch {
            throw .template(error)
        }
    }
}

extension JailRoot {
    /// Whether it stands on the directory `part` below the library.
    func names(_ part: String) -> Bool {
        layers.contains { $0.hasPrefix(part + "/") } || image.map { "own/\($0)" == part } == true
    }
}
