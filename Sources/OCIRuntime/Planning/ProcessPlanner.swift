import Glibc
import JSONText
import Launch
import Launcher
import LinuxKernel

/// A `process` object as the last steps of a start, for `create` and `exec` alike.
struct ProcessPlanner {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    func process(_ section: ProcessSection, filter: FilterLoad) throws(JSONError) -> ContainerProcess {
        let privileges = Privileges(
            capabilities: capabilities(section),
            noNewPrivileges: section.noNewPrivileges,
            filter: [],
            uid: section.uid,
            gid: section.gid,
            groups: section.additionalGids,
            limits: section.limits,
            oomScore: section.oomScore
        )
        var process = ContainerProcess(
            arguments: section.arguments,
            environment: section.environment,
            directory: section.directory,
            privileges: privileges
        )
        process.filter = filter
        process.umask = section.umask ?? ProcessAttributes.creationMask()
        process.terminal = section.terminal
        process.rows = section.rows
        process.columns = section.columns
        process.scheduling = section.scheduling
        process.inputOutput = section.inputOutput
        process.initialAffinity = ProcessorList.mask(section.initialProcessors)
        process.affinity = ProcessorList.mask(section.finalProcessors)
        process.persona = configuration.linux.persona
        process.memoryPolicy = configuration.linux.memoryPolicy
        try label(&process, section)
        return process
    }

    /// What the kernel does not have, or the runtime may not give, is left out; the caller is warned of unknown names.
    private func capabilities(_ section: ProcessSection) -> CapabilitySets {
        guard let wanted = section.capabilities?.sets else {
            return CapabilitySets(bounding: 0, effective: 0, permitted: 0, inheritable: 0, ambient: 0)
        }
        let highest = UInt64((try? Capabilities.highest()) ?? 40)
        let known: UInt64 = highest >= 63 ? .max : (1 << (highest + 1)) - 1
        // In a user namespace of its own a process begins with all of them.
        let isMapped = configuration.linux.namespaces.contains { $0.kind == .user }
        let own = isMapped ? known : known & ProcessAttributes.capabilitySet("CapBnd")
        let permitted = wanted.permitted & own
        let inheritable = wanted.inheritable & own
        return CapabilitySets(
            bounding: wanted.bounding & own,
            effective: wanted.effective & permitted,
            permitted: permitted,
            inheritable: inheritable,
            // The kernel wants ambient ones permitted and inheritable.
            ambient: wanted.ambient & permitted & inheritable
        )
    }

    /// Warnings about capabilities, a sentence each.
    func warnings(_ section: ProcessSection) -> [String] {
        (section.capabilities?.unknown ?? []).map { "process.capabilities: unknown capability '\($0)' is left out" }
    }

    private func label(_ process: inout ContainerProcess, _ section: ProcessSection) throws(JSONError) {
        // "unconfined" asks for nothing, which a kernel without AppArmor gives as well.
        if !section.appArmorProfile.isEmpty, section.appArmorProfile != "unconfined" || SecurityModules.hasAppArmor {
            guard SecurityModules.hasAppArmor else {
                throw JSONError("process.apparmorProfile", "this host's kernel has no AppArmor enabled")
            }
            process.appArmorLabel = section.appArmorProfile
        }
        if !section.selinuxLabel.isEmpty {
            guard SecurityModules.hasSELinux else {
                throw JSONError("process.selinuxLabel", "SELinux is disabled or not supported on this host")
            }
            process.securityLabel = section.selinuxLabel
        }
    }
}

/// Which security modules this host's kernel runs.
enum SecurityModules {
    static var hasAppArmor: Bool {
        (try? Files.readText("/sys/module/apparmor/parameters/enabled")) == "Y"
    }

    static var hasSELinux: Bool { Files.exists("/sys/fs/selinux/enforce") }
}

/// Sockets that systemd's convention hands down: sd_listen_fds(3).
enum ActivationSockets {
    static func add(to process: inout ContainerProcess) {
        guard let text = Environment.value("LISTEN_FDS"), let count = Int32(text), 1...1000 ~= count else { return }
        process.preservedDescriptors = max(process.preservedDescriptors, count)
        process.environment += ["LISTEN_FDS=\(count)", "LISTEN_PID=1"]
        if let names = Environment.value("LISTEN_FDNAMES") { process.environment.append("LISTEN_FDNAMES=\(names)") }
    }
}
