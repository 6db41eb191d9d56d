import JSONText
import LinuxKernel

/// What the runtime remembers of a container between two commands, beside a copy of its configuration.
struct ContainerRecord: Equatable {
    var id: String
    /// The specification's version that the configuration names.
    var version: String
    /// The first process, 0 before it exists.
    var pid: Int32 = 0
    /// Its start time, so that a recycled pid is never taken for it.
    var startTime: UInt64 = 0
    /// Everything but the program stands.
    var isReady = false
    /// Hooks run that may ask for the container's state.
    var isShown = false
    /// Absolute.
    var bundle: String
    /// Absolute.
    var rootfs: String
    /// ns since 1970.
    var created: Int64
    /// Cgroup directories with their v1 controllers; of a v2 directory the list is empty.
    var cgroups: [CgroupPlace] = []
    /// The container has a pid namespace of its own, with whose first process all others end.
    var ownsProcesses = true
    /// A directory in resctrl that the runtime made.
    var resourceControl = ""
    var annotations: [Annotation] = []

    struct CgroupPlace: Equatable {
        var path: String
        var controllers: [String]
    }

    struct Annotation: Equatable {
        var key: String
        var value: String
    }

    init(id: String, version: String, bundle: String, rootfs: String, created: Int64) {
        self.id = id
        self.version = version
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
    }

    var json: JSONValue {
        .object([
            ("id", .string(id)), ("ociVersion", .string(version)), ("pid", .int(Int64(pid))),
            ("startTime", .unsigned(startTime)), ("ready", .bool(isReady)), ("shown", .bool(isShown)),
            ("bundle", .string(bundle)),
            ("rootfs", .string(rootfs)), ("created", .int(created)),
            (
                "cgroups",
                .array(
                    cgroups.map { place in
                        .object([("path", .string(place.path)), ("controllers", .strings(place.controllers))])
                    }
                )
            ),
            ("ownsProcesses", .bool(ownsProcesses)), ("resourceControl", .string(resourceControl)),
            ("annotations", .object(annotations.map { ($0.key, .string($0.value)) })),
        ])
    }

    init(_ node: JSONNode) throws(JSONError) {
        id = try node.required("id").string()
        version = try node.required("ociVersion").string()
        pid = try node.required("pid").integer()
        startTime = try node.required("startTime").integer()
        isReady = try node.flag("ready")
        isShown = try node.flag("shown")
        bundle = try node.required("bundle").string()
        rootfs = try node.required("rootfs").string()
        created = try node.required("created").integer()
        cgroups = try node.list("cgroups") { (node) throws(JSONError) in
            CgroupPlace(path: try node.required("path").string(), controllers: try node.texts("controllers"))
        }
        ownsProcesses = try node.flag("ownsProcesses")
        resourceControl = try node.text("resourceControl")
        for (key, value) in try node.member("annotations")?.members() ?? [] {
            annotations.append(Annotation(key: key, value: try value.string()))
        }
    }

    /// The state of the specification, as hooks and `state` have it.
    func state(_ status: String, pid: Int32?, extended: Bool = false) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = [("ociVersion", .string(version)), ("id", .string(id))]
        if extended {
            members.append(("pid", .int(Int64(pid ?? 0))))
            members.append(("status", .string(status)))
        } else {
            members.append(("status", .string(status)))
            if let pid, pid > 0 { members.append(("pid", .int(Int64(pid)))) }
        }
        members.append(("bundle", .string(bundle)))
        if extended {
            members.append(("rootfs", .string(rootfs)))
            members.append(("created", .string(Timestamp.text(created))))
        }
        members.append(("annotations", .object(annotations.map { ($0.key, .string($0.value)) })))
        if extended { members.append(("owner", .string(""))) }
        return .object(members)
    }
}
