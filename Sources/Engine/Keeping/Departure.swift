import Glibc
import LinuxKernel
import Storage

/// A jail on its way to another host: most of it goes while it runs, the rest when it has stopped.
///
/// First ``sendWhileRunning(to:_:)``: its layers, and a copy of what it has written, taken without holding it up. Then, once
/// it is stopped, ``sendRest(to:_:)``: the jail itself and a layer of what changed since, so the pause is as long as the
/// last changes are many. The jail here stays as it is.
public struct Departure: ~Copyable {
    private let engine: Engine
    private let name: String
    // No layer of the copy is collected while the jail is on its way.
    private let kept: OwnedDescriptor
    private var copy: JailRoot?
    private var settled: Int64 = 0

    /// Files that change within a tick of the kernel's clock have the same time; it has ten milliseconds at most.
    private static var tick: Int64 { 1_000_000_000 }

    /// A departure of the jail `name`.
    public init(_ engine: Engine, _ name: String) throws(EngineError) {
        self.engine = engine
        self.name = name
        kept = try attempting("keeping layers") { () throws(SyscallError) in try OwnLayers(engine.layout).hold() }
    }

    /// Sends what the jail stands on and a copy of what it has written so far; `output` as in ``Engine/export(_:to:_:)``.
    ///
    /// The copy need not be of one moment: what it has wrong is sent once more in the end. A jail with an image has no such
    /// copy: its image goes in the end, whole.
    public mutating func sendWhileRunning(to output: Int32, _ options: ExportOptions) throws(EngineError) {
        let (root, begin) = try copyWhileRunning()
        (copy, settled) = (root, begin - Self.tick)
        let snapshots = options.withoutSnapshots ? [] : try engine.snapshots(of: name)
        guard let root else {
            return try engine.export(name, to: output, options, try engine.standing(name), snapshots)
        }
        try engine.export(name, to: output, options, root, snapshots)
    }

    private func copyWhileRunning() throws(EngineError) -> (JailRoot?, Int64) {
        let hold = try JailHold.take(name, engine)
        let layer = WritableLayer(stateDirectory: engine.layout.stateDirectory(name))
        guard !layer.hasImage else { return (nil, 0) }
        var root = try engine.standing(name)
        let id = OwnLayers.newName()
        let jail = hold.name
        let begin = try attempting("copying the files of \(jail)") { () throws(SyscallError) in
            let upper = try Files.open(layer.upper, OpenFlag.readOnlyDirectory)
            // Pages that are mapped and were dirty would change on without a new time: written out, they are noticed again.
            try FileSystemSpace.sync(upper.number, named: layer.upper)
            let begin = Events.now(CLOCK_REALTIME)
            try OwnLayers(engine.layout).make(id) { folder throws(SyscallError) in
                try Files.makeDirectory("\(folder)/upper")
                let to = try Files.open("\(folder)/upper", OpenFlag.readOnlyDirectory)
                var options = TreeCopyOptions()
                options.isInUse = true
                try TreeCopy.contents(of: upper.number, into: to.number, options)
            }
            return begin
        }
        root.layers.append("own/\(id)/upper")
        return (root, begin)
    }

    /// Sends the jail, which has stopped, with what changed since the copy; what `options.have` names is left out.
    public mutating func sendRest(to output: Int32, _ options: ExportOptions) throws(EngineError) {
        let root = try settle()
        let snapshots = options.withoutSnapshots ? [] : try engine.snapshots(of: name)
        try engine.export(name, to: output, options, root, snapshots)
    }

    private func settle() throws(EngineError) -> JailRoot {
        let hold = try JailHold.take(name, engine)
        try hold.requireStopped(to: "sending the rest of")
        guard var root = copy, let last = root.layers.last else { return try engine.freezeLayers(hold) }
        let layer = WritableLayer(stateDirectory: engine.layout.stateDirectory(name))
        let id = OwnLayers.newName()
        let jail = hold.name
        let entries = try attempting("finding what changed in \(jail)") { () throws(SyscallError) in
            let now = try Files.open(layer.upper, OpenFlag.readOnlyDirectory)
            let before = try Files.open("\(engine.layout.library)/\(last)", OpenFlag.readOnlyDirectory)
            var entries = 0
            try OwnLayers(engine.layout).make(id) { folder throws(SyscallError) in
                try Files.makeDirectory("\(folder)/upper")
                let to = try Files.open("\(folder)/upper", OpenFlag.readOnlyDirectory)
                entries = try LayerDelta.make(of: now.number, over: before.number, in: to.number, settled: settled)
            }
            return entries
        }
        // The top directory alone: nothing changed.
        if entries > 1 { root.layers.append("own/\(id)/upper") }
        return root
    }
}

extension Engine {
    /// The root that a jail stands on, without what it has written.
    func standing(_ name: String) throws(EngineError) -> JailRoot {
        let found = try attempting("reading the root of \(name)") { () throws(SyscallError) in
            try JailRoot.read(layout.rootRecord(name))
        }
        guard let found else {
            throw .refused("moving \(name): its root is a directory of the host: use a template")
        }
        return found
    }
}
