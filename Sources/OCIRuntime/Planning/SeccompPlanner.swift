import JSONText
import Launch
import Launcher
import LinuxKernel
import Seccomp

/// The filter of a container: from the cache where the same `linux.seccomp` was compiled before.
enum SeccompPlanner {
    /// Where programs are kept; nil where this user has no such place.
    static var cacheDirectory: String? {
        if Processes.realUser == 0 { return "/run/bailey-oci/.seccomp" }
        return Environment.value("XDG_RUNTIME_DIR").map { $0 + "/bailey-oci/.seccomp" }
    }

    static func filter(_ node: JSONNode?) throws(JSONError) -> FilterLoad {
        guard let node else { return FilterLoad() }
        let text = node.text()
        let listener = try node.text("listenerPath")
        // Flags and the agent's presence are not in the program; with them it is translated each time, to be sure.
        let flags = try node.member("flags")
        if listener.isEmpty, flags == nil, let directory = cacheDirectory {
            let program = try SeccompCache(directory: directory).program(forText: text, named: "oci") {
                () throws(JSONError) in
                let translation = try SeccompTranslation(node)
                try refuseNotify(translation, node)
                return try compile(translation.request, node)
            }
            return FilterLoad(program: program.bytes)
        }
        let translation = try SeccompTranslation(node)
        if !translation.request.notifies {
            return FilterLoad(program: try compile(translation.request, node).bytes, flags: translation.flags)
        }
        if listener.isEmpty { try refuseNotify(translation, node) }
        try refuseDeafness(translation.request, node)
        return FilterLoad(
            program: try compile(translation.request, node).bytes,
            flags: translation.flags,
            listener: listener,
            metadata: try node.text("listenerMetadata")
        )
    }

    private static func refuseNotify(_ translation: SeccompTranslation, _ node: JSONNode) throws(JSONError) {
        if translation.request.notifies { throw node.error("SCMP_ACT_NOTIFY needs a listenerPath") }
    }

    /// The process says that it is ready by writing to a socket; an agent that is not there yet could not let it.
    private static func refuseDeafness(_ request: FilterRequest, _ node: JSONNode) throws(JSONError) {
        guard request.fallback != .notify else { throw node.error("SCMP_ACT_NOTIFY cannot be used as default action") }
        if let verdict = request.verdicts["write"], verdict.otherwise == .notify {
            throw node.error("SCMP_ACT_NOTIFY cannot be used for the write syscall")
        }
    }

    private static func compile(_ request: FilterRequest, _ node: JSONNode) throws(JSONError) -> SeccompProgram {
        do throws(SeccompError) {
            return try SeccompCompiler.compile(request, name: "linux.seccomp")
        } catch {
            throw node.error("\(error)")
        }
    }
}
