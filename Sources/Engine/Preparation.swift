import Cgroups
import Glibc
import Hypervisor
import Launch
import LinuxKernel
import Planning
import Profiles
import Seccomp
import Storage
import Templates

/// A start that is decided and written down: all that is left is to run `bailey-init`.
public struct PreparedStart: ~Copyable {
    /// The jail's name.
    public let name: String
    let launch: LaunchPlan
    /// The plan in its envelope, for a launcher that is another program.
    let bytes: [UInt8]
    /// The locked record of the start.
    let record: OwnedDescriptor
    /// What `bestEffort` let pass.
    public let warnings: [Finding]
}

extension Engine {
    /// Decides a start: claims name and ids, plans, writes down what a clean-up needs, and makes the writable layer.
    ///
    /// - Throws: ``EngineError``; everything claimed is free again.
    public func prepare(_ request: JailRequest) throws(EngineError) -> PreparedStart {
        guard Processes.effectiveUser == 0 else {
            throw .refused("starting a jail: this needs root: run bailey as root, or with sudo")
        }
        try attempting("preparing \(layout.library)") { () throws(SyscallError) in try layout.prepare() }
        var request = request
        var template = try template(of: request.spec)
        if let template { request.spec.apply(template.defaults, named: template.name) }
        let early = request.spec.check()
        guard !early.hasErrors else { throw .invalid(early) }
        let name = request.spec.name?.value ?? JailName.random()
        let machine = try machine(for: request, template, name)
        if let machine { (request.spec, template) = (machine.spec, nil) }
        if request.standing == .kept {
            try requireKept(name)
        } else if !request.remove || template != nil || machine != nil, Files.exists(layout.stateDirectory(name)) {
            guard try Sweep(self).clean(name), !Files.exists(layout.stateDirectory(name)) else {
                throw .nameTaken(name, state: JailListing(self).state(of: name))
            }
        }
        Sweep(self).cleanSome()
        let claim = try NameClaim.take(name, in: self)
        do throws(EngineError) {
            return try prepare(request, name, template, machine, claim)
        } catch {
            withdraw(request, name, claim.path)
            throw error
        }
    }

    private func prepare(
        _ request: JailRequest,
        _ name: String,
        _ template: TemplateManifest?,
        _ machine: Machine?,
        _ claim: borrowing NameClaim
    ) throws(EngineError) -> PreparedStart {
        let spec = request.spec
        let facts = try HostFacts.gather(layout, needsDisk: spec.resources.io.hasRates, diskLimit: spec.diskLimit)
        let disk = DiskPlan(spec, facts)
        let (identity, link) = try identity(request, name, claim.path)
        let finish = finish(request, name, keepsFiles: template != nil || machine != nil, claim.path, link)
        try requireTenants(request)
        let network = NetworkPreparation(self, name, request)
        let assignment = try network.assign(owner: claim.path, stateDirectory: finish.stateDirectory)
        var instance = JailInstance(
            name: name,
            identity: identity,
            stage: layout.stage,
            root: try root(spec, template, finish, disk, volatile: request.remove),
            cgroup: cgroupPath(request, name),
            user: try RootfsAccounts(roots: rootDirectories(spec, template)).resolve(spec.user),
            filter: try filter(spec, facts),
            streams: Streams(
                terminal: request.terminal || spec.initMode.value == .system,
                input: request.interactive && !request.detached,
                log: request.detached ? finish.stateDirectory + "/log" : "",
                logBytes: spec.logs.maxSize.value.bytes,
                logFiles: UInt32(max(0, spec.logs.files.value - 1))
            ),
            finish: finish
        )
        instance.tenants = request.tenants
        instance.network = assignment
        instance.devices = (machine?.devices ?? []).map { DeviceRule(.char, major: $0.major, minor: $0.minor) }
        // Lines of its own need a file of its own: then it sees its peers no more, but they see it.
        if spec.hosts.isEmpty { instance.hostsFile = assignment?.names?.file }
        let planned: PlannedJail
        do throws(PlanningFailure) {
            planned = try JailPlanner(facts).plan(spec, instance)
        } catch {
            throw .invalid(error.findings)
        }
        guard planned.cgroups.vacate == nil else {
            throw .refused(
                "making cgroups: processes run in the cgroup that was delegated to Bailey: set DelegateSubgroup= in the unit"
            )
        }
        let bytes = PlanEnvelope.encode(planned.launch)
        let explanation = Array(Explanation(spec: spec, planned: planned, facts: facts).text.utf8)
        let record = StartRecord(plan: bytes, explanation: explanation)
        try attempting("writing down the start of \(name)") { () throws(SyscallError) in
            try write(record, claim)
            try makeState(planned.launch, record, request)
            if let template { try makeLayer(finish, template, disk, request) }
        }
        if let machine { try makeState(of: machine, in: finish.stateDirectory) }
        if let assignment {
            if request.standing != .created { try network.bringUp(assignment) }
            // From now on the jail's own directory says who has the addresses: it outlives a stop.
            if !finish.removeState {
                try network.beginTransfer(assignment, finish.stateDirectory)
                try attempting("keeping the addresses of \(name)") { () throws(SyscallError) in
                    try networks.claims(of: assignment.network).pass(assignment.given.links, to: finish.stateDirectory)
                }
            }
        }
        let lock = try attempting("keeping the lock") { () throws(SyscallError) in try claim.lock.duplicate() }
        return PreparedStart(
            name: name,
            launch: planned.launch,
            bytes: bytes,
            record: lock,
            warnings: planned.warnings
        )
    }

    /// The plan goes down before anything that it lists is made: a killed start can be undone from it at any moment.
    private func write(_ record: StartRecord, _ claim: borrowing NameClaim) throws(SyscallError) {
        try Files.write(claim.lock.number, record.bytes, at: 0, named: claim.path)
    }

    /// What outlives the launcher, or is written by the guest.
    private func makeState(
        _ launch: LaunchPlan,
        _ record: StartRecord,
        _ request: JailRequest
    ) throws(SyscallError) {
        let finish = launch.finish
        guard !finish.stateDirectory.isEmpty else { return }
        if request.standing == .new { try Files.makeDirectory(finish.stateDirectory, mode: 0o700) }
        if !finish.removeState { try writeKept(finish.stateDirectory, record, request) }
    }

    /// The record of the layers that a jail stands on, and under it the layer that it writes to, held to its limit.
    private func makeLayer(
        _ finish: Finish,
        _ template: TemplateManifest,
        _ disk: DiskPlan,
        _ request: JailRequest
    ) throws(SyscallError) {
        let layer = WritableLayer(stateDirectory: finish.stateDirectory)
        let record = finish.stateDirectory + "/root"
        if !request.remove, request.standing != .kept || !Files.exists(record) {
            try store.root(of: template).write(record, durable: false)
        }
        if request.standing == .new || !layer.isMade { try layer.make(disk.limit, disk.binding) }
    }

    private func finish(
        _ request: JailRequest,
        _ name: String,
        keepsFiles: Bool,
        _ record: String,
        _ claim: String
    ) -> Finish {
        // A template is never mounted by itself, not even for a read-only root: mount points that it lacks are made before
        // the root is sealed, and they must not be made in a layer that others share.
        let needsState = !request.remove || keepsFiles || request.detached
        return Finish(
            record: record,
            stateDirectory: needsState ? layout.stateDirectory(name) : "",
            removeState: request.remove,
            identityClaim: claim,
            keepState: request.standing != .new,
            run: UInt64(max(0, Events.now(CLOCK_REALTIME)))
        )
    }

    private func root(
        _ spec: JailSpec,
        _ template: TemplateManifest?,
        _ finish: Finish,
        _ disk: DiskPlan,
        volatile: Bool
    ) throws(EngineError) -> RootSource {
        guard let template else {
            return .directory(path: spec.rootfs?.value ?? "/", readOnly: spec.security.readOnlyRoot.value)
        }
        let writable = WritableLayer(stateDirectory: finish.stateDirectory)
        let layers = try keptLayers(finish.stateDirectory) ?? store.lowerDirectories(of: template)
        // What a jail has already written decides how it goes on; only a new one is free.
        if writable.isMade ? writable.hasImage : disk.binding == .image {
            return .image(layers: layers, image: writable.image, volatile: volatile)
        }
        return .overlay(layers: layers, upper: writable.upper, work: writable.work, volatile: volatile)
    }

    /// The layers that a jail's own changes belong to, whatever its template has become since.
    private func keptLayers(_ stateDirectory: String) throws(EngineError) -> [String]? {
        let root = try attempting("reading the root of the jail") { () throws(SyscallError) in
            let name = stateDirectory.split(separator: "/").last.map(String.init) ?? ""
            // What a killed restore or snapshot had begun is finished first; the name is this start's own by now.
            let change = RootChange(layout, name)
            if change.isPending { try change.settle() }
            return try JailRoot.read(stateDirectory + "/root")
        }
        return root.map { layout.paths(of: $0) }
    }

    private func rootDirectories(_ spec: JailSpec, _ template: TemplateManifest?) -> [String] {
        template.map { store.lowerDirectories(of: $0).reversed() } ?? [spec.rootfs?.value ?? "/"]
    }

    private func template(of spec: JailSpec) throws(EngineError) -> TemplateManifest? {
        guard let name = spec.template else { return nil }
        do throws(TemplateError) {
            return try store.find(name.value)
        } catch {
            throw .template(error)
        }
    }

    /// The program for the spec's policy: read from the cache, compiled when the policy changed.
    private func filter(_ spec: JailSpec, _ facts: HostFacts) throws(EngineError) -> [UInt8] {
        guard case .policy(let name) = SeccompSelection(spec.effectiveSeccomp.value) else { return [] }
        do throws(SeccompError) {
            let mask = spec.capabilityMask(highest: facts.highestCapability)
            return try SeccompCache(directory: layout.filterCache).program(for: name, in: policies, capabilities: mask)
                .bytes
        } catch {
            throw .seccomp(error)
        }
    }
}

extension Resources.IO {
    fileprivate var hasRates: Bool { read != nil || write != nil || readOps != nil || writeOps != nil }
}
