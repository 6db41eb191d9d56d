import Launch
import LinuxKernel
import Storage

/// Gives what is written down about a kept jail another name.
///
/// The name of the directory is the jail's (and a start says so to the declaration); texts in it that still say another are put right by whoever holds the jail next.
enum Relabelling {
    /// Puts right what a rename that was killed left with the old name.
    static func finish(_ name: String, _ engine: Engine) throws(EngineError) {
        let state = engine.layout.stateDirectory(name)
        guard let plan = try? JailRecord.plan(in: state + "/record"), plan.jail != name else { return }
        try apply(name, in: state, engine)
    }

    /// Makes the record in `directory` that of the jail `name`.
    static func apply(_ name: String, in directory: String, _ engine: Engine) throws(EngineError) {
        try attempting("writing down the name \(name)") { () throws(SyscallError) in
            let path = directory + "/record"
            var record = try JailRecord.read(path)
            var plan = try JailRecord.plan(in: path)
            rename(&plan, to: name, engine)
            if let root = try JailRoot.read(directory + "/root") { restack(&plan, root, in: directory, engine) }
            record.plan = PlanEnvelope.encode(plan)
            let text = String(decoding: record.explanation, as: UTF8.self)
            record.explanation = Array(Explanation.renamed(text, to: name).utf8)
            record.process = nil
            try Files.replace(path, with: record.bytes)
        }
    }

    /// Layers as they are on this host: the jail may have come from another.
    private static func restack(_ plan: inout LaunchPlan, _ root: JailRoot, in directory: String, _ engine: Engine) {
        let state = engine.layout.stateDirectory(plan.jail)
        let layers = engine.layout.paths(of: root)
        let writable = WritableLayer(stateDirectory: state)
        if WritableLayer(stateDirectory: directory).hasImage {
            plan.root = .image(layers: layers, image: writable.image, volatile: false)
        } else {
            plan.root = .overlay(layers: layers, upper: writable.upper, work: writable.work, volatile: false)
        }
    }

    private static func rename(_ plan: inout LaunchPlan, to name: String, _ engine: Engine) {
        let (old, state) = (plan.jail, plan.finish.stateDirectory)
        let newState = engine.layout.stateDirectory(name)
        func moved(_ path: String) -> String {
            path.hasPrefix(state + "/") ? newState + path.dropFirst(state.utf8.count) : path
        }
        plan.jail = name
        if plan.hostname == old { plan.hostname = name }
        plan.finish.stateDirectory = newState
        plan.finish.record = engine.layout.record(name)
        plan.streams.log = moved(plan.streams.log)
        switch plan.root {
        case .directory: break
        case .overlay(let layers, let upper, let work, let volatile):
            plan.root = .overlay(layers: layers, upper: moved(upper), work: moved(work), volatile: volatile)
        case .image(let layers, let image, let volatile):
            plan.root = .image(layers: layers, image: moved(image), volatile: volatile)
        }
        for index in plan.cgroups.directories.indices {
            let path = plan.cgroups.directories[index].path
            guard path.hasSuffix("/" + old) else { continue }
            plan.cgroups.directories[index].path = path.dropLast(old.utf8.count) + name
        }
    }
}

extension Explanation {
    /// The kept lines with the jail's name replaced.
    static func renamed(_ text: String, to name: String) -> String {
        text.split(separator: "\n").map { line in
            line.hasPrefix("value\tmetadata.name\t") ? "value\tmetadata.name\t\(name)\tflag --name" : String(line)
        }.joined(separator: "\n") + "\n"
    }
}
