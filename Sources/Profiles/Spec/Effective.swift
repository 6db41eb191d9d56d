/// Values that follow from the init mode where nobody set them.
extension JailSpec {
    /// Whether no program in the jail can gain privileges: so in an app jail; a system jail keeps `su` and `sudo`
    /// working inside its own id range.
    public var effectiveNoNewPrivileges: Setting<Bool> {
        security.noNewPrivileges ?? Setting(initMode.value == .app)
    }

    /// The policy of system calls: `default` for an app jail, `system` for a system jail.
    public var effectiveSeccomp: Setting<String> {
        security.seccomp ?? Setting(initMode.value == .app ? "default" : "system")
    }

    /// SIGTERM, or SIGPWR for a system jail: that is how sysvinit and BusyBox init learn that they shall shut down.
    public var effectiveStopSignal: Setting<Signal> {
        stop.signal ?? Setting(initMode.value == .app ? .terminate : .powerFailure)
    }

    /// Ten seconds, or thirty for a system jail, which stops its services one after the other.
    public var effectiveStopGrace: Setting<TimeSpan> {
        stop.grace ?? Setting(.seconds(initMode.value == .app ? 10 : 30))
    }

    /// The mode; where nobody set one, a network, an address or a published port asks for a bridge.
    ///
    /// The file of a named network may say another mode.
    public var effectiveNetworkMode: Setting<NetworkMode> {
        guard case .builtin = network.mode.origin else { return network.mode }
        if let name = network.name { return Setting(NetworkMode(rawValue: name.value) ?? .bridge, name.origin) }
        if let addresses = network.addresses, !addresses.value.isEmpty { return Setting(.bridge, addresses.origin) }
        if let publish = network.publish.first { return Setting(.bridge, publish.origin) }
        if let site = network.sites.first { return Setting(.bridge, site.origin) }
        return network.mode
    }

    /// The host name: what was set, else the name of the jail.
    public var effectiveHostname: Setting<String>? {
        hostname ?? name.map { Setting(hostName(from: $0.value), $0.origin) }
    }

    /// The command; a system jail without one runs `/sbin/init`.
    public var effectiveCommand: Setting<[String]>? {
        command ?? (initMode.value == .system ? Setting(["/sbin/init"]) : nil)
    }

    /// The capabilities that are left: those of the init mode, without `drop`, with `add`.
    ///
    /// `drop: [ALL]` begins with none, `add: [ALL]` with all of `vocabulary`; a name that is listed says more than `ALL`.
    public func effectiveCapabilities(_ vocabulary: Vocabulary = .standard) -> [Setting<CapabilityName>] {
        let base = initMode.value == .app ? BuiltIn.appCapabilities : BuiltIn.systemCapabilities
        let added = security.addedCapabilities
        let dropped = security.droppedCapabilities
        let all = added.first { $0.value == .all }
        let none = dropped.contains { $0.value == .all }
        return vocabulary.capabilities.compactMap { name in
            let capability = CapabilityName(known: name)
            if let setting = added.first(where: { $0.value == capability }) { return setting }
            if dropped.contains(where: { $0.value == capability }) { return nil }
            if let all { return Setting(capability, all.origin) }
            return !none && base.contains(capability) ? Setting(capability) : nil
        }
    }

    /// All paths that are hidden.
    public var effectiveMaskedPaths: [Setting<String>] {
        BuiltIn.maskedPaths.map { Setting($0) } + security.maskedPaths
    }

    /// All paths below which nothing can be written.
    public var effectiveReadOnlyPaths: [Setting<String>] {
        BuiltIn.readOnlyPaths.map { Setting($0) } + security.readOnlyPaths
    }

    /// Who allowed the limit at `keyPath` to go unenforced, if anybody did: the key itself or a section above it.
    public func bestEffort(for keyPath: String) -> Setting<String>? {
        bestEffort.first { keyPath == $0.value || keyPath.hasPrefix($0.value + ".") }
    }

    /// A jail's name may hold `_` and end with a dash, which host names do not.
    private func hostName(from name: String) -> String {
        let labels = name.split(separator: ".").map { label in
            let text = label.map { $0 == "_" ? "-" : String($0) }.joined()
            return text.split(separator: "-").joined(separator: "-")
        }
        return labels.filter { !$0.isEmpty }.joined(separator: ".")
    }
}
