/// Where this host's controllers are: on v1 mounts, in the unified (v2) tree, or some here and some there (hybrid).
public struct CgroupHierarchy: Equatable, Sendable {
    /// The v1 mount point of each controller; controllers mounted together have the same one.
    public var legacy: ControllerMap<String>
    /// The v2 tree, if it is mounted.
    public var unified: UnifiedTree?

    /// Makes a description by hand, for tests and for plans of another host.
    public init(legacy: ControllerMap<String> = [:], unified: UnifiedTree? = nil) {
        self.legacy = legacy
        self.unified = unified
    }

    /// v2 when no controller that Bailey uses is on a v1 mount.
    public var version: CgroupVersion { legacy.isEmpty ? .v2 : .v1 }

    /// Where a controller is found.
    public enum Placement: Equatable, Sendable {
        case legacy(mount: String)
        case unified(UnifiedTree)
    }

    /// A v1 mount wins, because a controller bound there is absent from the v2 tree.
    ///
    /// - Parameters:
    ///   - controller: What is looked for.
    ///   - core: The caller would rather have the v2 core's own freezer and CPU accounting where both exist.
    /// - Returns: nil when no mount has it.
    public func placement(of controller: Controller, preferringUnifiedCore core: Bool = false) -> Placement? {
        let inCore = controller == .freezer || controller == .cpuacct
        if core, inCore, let unified { return .unified(unified) }
        if let mount = legacy[controller] { return .legacy(mount: mount) }
        guard let unified, controller.isCoreOnUnified || unified.controllers.contains(controller) else { return nil }
        return .unified(unified)
    }
}

/// The v2 tree and the part of it where Bailey may make cgroups.
public struct UnifiedTree: Equatable, Sendable {
    /// Where cgroup2 is mounted.
    public var mount: String
    /// The cgroup below which `bailey` is made, as an absolute path; nil where nothing was delegated to us.
    public var base: String?
    /// What `cgroup.controllers` of the base offers; controllers bound to v1 are missing there.
    public var controllers: Set<Controller>
    /// The base is a cgroup below the root and holds the calling process.
    ///
    /// Processes and enabled controllers exclude each other there (the no-internal-process rule of cgroups(7)), so the
    /// processes must move to a leaf before the first jail is made.
    public var isOccupied: Bool
    /// The base is the root cgroup, which the no-internal-process rule spares and which has no limit files.
    public var isRoot: Bool

    /// Makes a description by hand.
    public init(
        mount: String,
        base: String?,
        controllers: Set<Controller>,
        isOccupied: Bool = false,
        isRoot: Bool = true
    ) {
        self.mount = mount
        self.base = base
        self.controllers = controllers
        self.isOccupied = isOccupied
        self.isRoot = isRoot
    }
}
