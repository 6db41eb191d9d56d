/// A value that is one of a few words.
public protocol Choice: RawRepresentable<String>, CaseIterable, Sendable, Hashable, CustomStringConvertible {}

extension Choice {
    /// The word as it stands in a file.
    public var description: String { rawValue }
}

/// What runs the guest.
public enum Backend: String, Choice {
    /// Namespaces and cgroups on this kernel.
    case jail
    /// A virtual machine with hardware virtualization.
    case kvm
    /// A virtual machine in software emulation.
    case tcg
    /// A User-mode Linux kernel.
    case uml
    /// The best kind of virtual machine that works on this host.
    case vm
}

/// Who is PID 1.
public enum InitMode: String, Choice {
    /// The command runs under `bailey-init`, which reaps and forwards signals.
    case app
    /// The init of the rootfs itself.
    case system
}

/// How a jail is connected.
public enum NetworkMode: String, Choice {
    /// Its own network namespace with a loopback device only.
    case none
    /// The network of the host, shared whole.
    case host
    /// A virtual link to a bridge of the host, with address translation.
    case bridge
    /// A virtual link with a route of its own.
    case routed
    /// A second Ethernet address on an interface of the host.
    case macvlan
    /// The network namespace of the host, bound to the jail's own addresses.
    case shared
}

/// Whether a kind of traffic may leave.
public enum Verdict: String, Choice {
    /// It may.
    case allow
    /// It is refused.
    case deny
}

/// When a jail that ended is started again.
public enum RestartPolicy: String, Choice {
    /// Never.
    case no
    /// After a failure: an exit status other than 0, or a signal.
    case onFailure = "on-failure"
    /// After every end that nobody asked for, and after a start of the host.
    case always
    /// As `always`, but a jail that was stopped by hand stays stopped after a start of the host.
    case unlessStopped = "unless-stopped"
}

/// What a failed health check leads to.
public enum HealthAction: String, Choice {
    /// The jail is restarted.
    case restart
    /// The jail is stopped.
    case stop
    /// It is reported only.
    case report
}

/// What a mount shows.
public enum MountType: String, Choice {
    /// A file or directory of the host.
    case bind
    /// A new file system in memory.
    case tmpfs
}
