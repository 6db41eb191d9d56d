extension Schema {
    /// How the jail is connected and how it finds others.
    static let network: [Key] = [
        .defaulted(
            "network.mode",
            { $1(&$0.network.mode) },
            .choice(of: NetworkMode.self),
            About(
                summary: "How the jail is connected; none leaves it its loopback device alone.",
                knob: "clone3(2) CLONE_NEWNET",
                part: .launcher,
                fallback: "none",
                otherNames: ["networkMode", "net", "type"]
            )
        ),
        .value(
            "network.name",
            { $1(&$0.network.name) },
            .name,
            About(
                summary: "The network that it belongs to; its file says which mode it has.",
                knob: "/etc/bailey/networks/NAME.yaml",
                part: .network,
                fallback: "the built-in network of the mode",
                otherNames: ["networkName"]
            )
        ),
        .list(
            "network.addresses",
            { $1(&$0.network.addresses) },
            .networkAddress,
            About(
                summary: "Its addresses; auto takes a free one from the pool.",
                knob: "rtnetlink(7) RTM_NEWADDR",
                part: .network,
                fallback: "auto, where the mode has addresses",
                otherNames: ["ip", "ipAddress", "address"]
            )
        ),
        .publish(
            "network.publish",
            About(
                summary: "Ports of the host, and web sites by name, that lead to ports of the jail.",
                knob: "destination NAT of nftables(8); server blocks of nginx(8)",
                part: .network,
                otherNames: ["ports", "expose", "portMappings"]
            )
        ),
        .defaulted(
            "network.egress.smtp",
            { $1(&$0.network.egressSMTP) },
            .choice(of: Verdict.self),
            About(
                summary: "Whether mail may be sent straight to other hosts on port 25.",
                knob: "a rule of nftables(8)",
                part: .network,
                fallback: "deny",
                otherNames: ["mail"]
            )
        ),
        .list(
            "network.egress.relays",
            { $1(&$0.network.relays) },
            .address,
            About(
                summary: "Hosts that take its mail although egress.smtp is deny.",
                knob: "elements of a set of nftables(8)",
                part: .network,
                otherNames: ["smarthost"]
            )
        ),
        .defaulted(
            "network.egress.policy",
            { $1(&$0.network.egressPolicy) },
            .choice(of: Verdict.self),
            About(
                summary: "What becomes of connections that the jail begins and no rule names.",
                knob: "a chain of nftables(8)",
                part: .network,
                fallback: "allow"
            )
        ),
        .list(
            "network.egress.rules",
            { $1(&$0.network.egressRules) },
            .trafficRule,
            About(
                summary: "Rules for connections that the jail begins; the first that fits counts.",
                knob: "a chain of nftables(8)",
                part: .network
            )
        ),
        .defaulted(
            "network.ingress.policy",
            { $1(&$0.network.ingressPolicy) },
            .choice(of: Verdict.self),
            About(
                summary: "What becomes of connections that others begin and no rule names.",
                knob: "a chain of nftables(8)",
                part: .network,
                fallback: "allow"
            )
        ),
        .list(
            "network.ingress.rules",
            { $1(&$0.network.ingressRules) },
            .trafficRule,
            About(
                summary: "Rules for connections that others begin; the first that fits counts.",
                knob: "a chain of nftables(8)",
                part: .network
            )
        ),
        .value(
            "network.connections.max",
            { $1(&$0.network.connections) },
            .count(1...1 << 30),
            About(
                summary: "The most connections at once, both ways together.",
                knob: "ct count of nftables(8)",
                part: .network,
                fallback: "unlimited",
                otherNames: ["maxConnections"]
            )
        ),
        .value(
            "network.connections.rate",
            { $1(&$0.network.newConnections) },
            .operationRate,
            About(
                summary: "The most new connections in a second.",
                knob: "limit rate of nftables(8)",
                part: .network,
                fallback: "unlimited"
            )
        ),
        .list(
            "dns.servers",
            { $1(&$0.dns.servers) },
            .address,
            About(
                summary: "Name servers.",
                knob: "/etc/resolv.conf in the jail",
                part: .launcher,
                fallback: "the host's",
                otherNames: ["nameservers", "nameserver"]
            )
        ),
        .list(
            "dns.search",
            { $1(&$0.dns.search) },
            .domain,
            About(
                summary: "Domains in which a short name is looked for.",
                knob: "/etc/resolv.conf in the jail",
                part: .launcher,
                fallback: "the host's",
                otherNames: ["dnsSearch", "domains"]
            )
        ),
        .list(
            "dns.options",
            { $1(&$0.dns.options) },
            .resolverOption,
            About(
                summary: "Options of the resolver; resolv.conf(5).",
                knob: "/etc/resolv.conf in the jail",
                part: .launcher,
                fallback: "the host's",
                otherNames: ["dnsOpt"]
            )
        ),
        .records(
            "hosts",
            { $1(&$0.hosts) },
            .hostEntry,
            About(
                summary: "Lines of /etc/hosts beside localhost and the jail itself.",
                knob: "/etc/hosts in the jail",
                part: .launcher,
                otherNames: ["extraHosts", "hostAliases"]
            )
        ),
    ]

    /// What confines the jail.
    static let security: [Key] = [
        .set(
            "security.capabilities.add",
            { $1(&$0.security.addedCapabilities) },
            .capability,
            About(
                summary: "Capabilities beyond those of the init mode, all within the jail's own user namespace.",
                knob: "capset(2), PR_CAPBSET_DROP(2const)",
                part: .launcher,
                otherNames: ["capAdd"]
            ),
            opposite: { $1(&$0.security.droppedCapabilities) }
        ),
        .set(
            "security.capabilities.drop",
            { $1(&$0.security.droppedCapabilities) },
            .capability,
            About(
                summary: "Capabilities taken away; ALL leaves only those in add.",
                knob: "capset(2), PR_CAPBSET_DROP(2const)",
                part: .launcher,
                otherNames: ["capDrop"]
            ),
            opposite: { $1(&$0.security.addedCapabilities) }
        ),
        .value(
            "security.seccomp",
            { $1(&$0.security.seccomp) },
            .seccompPolicy,
            About(
                summary: "The policy of system calls: a name, or the path of a policy file.",
                knob: "seccomp(2) SECCOMP_SET_MODE_FILTER",
                part: .launcher,
                fallback: "default; system with init: system",
                otherNames: ["seccompProfile", "securityOpt", "syscalls"]
            ),
            shown: { $0.effectiveSeccomp }
        ),
        .defaulted(
            "security.readOnlyRoot",
            { $1(&$0.security.readOnlyRoot) },
            .boolean,
            About(
                summary: "Whether the rootfs cannot be written; mounts can, unless they say otherwise.",
                knob: "mount_setattr(2) MOUNT_ATTR_RDONLY",
                part: .launcher,
                fallback: "false",
                otherNames: ["readOnly", "readOnlyRootfs", "readOnlyRootFilesystem"]
            )
        ),
        .value(
            "security.noNewPrivileges",
            { $1(&$0.security.noNewPrivileges) },
            .boolean,
            About(
                summary: "Whether set-user-id programs and file capabilities are without effect.",
                knob: "PR_SET_NO_NEW_PRIVS(2const)",
                part: .launcher,
                fallback: "true; false with init: system",
                otherNames: ["noNewPrivs", "allowPrivilegeEscalation"]
            ),
            shown: { $0.effectiveNoNewPrivileges }
        ),
        .set(
            "security.maskedPaths",
            { $1(&$0.security.maskedPaths) },
            .path,
            About(
                summary: "Paths hidden in the jail, beyond those that always are.",
                knob: "an empty file or directory mounted over each",
                part: .launcher,
                otherNames: ["mask", "inaccessiblePaths"]
            )
        ),
        .set(
            "security.readOnlyPaths",
            { $1(&$0.security.readOnlyPaths) },
            .path,
            About(
                summary: "Paths that cannot be written in the jail, beyond those that never can.",
                knob: "a read-only bind mount of each onto itself",
                part: .launcher
            )
        ),
        .records(
            "security.devices",
            { $1(&$0.security.devices) },
            .device,
            About(
                summary: "Devices beyond null, zero, full, random, urandom, tty and terminals.",
                knob: "device program (v2), devices.allow (v1)",
                part: .launcher,
                otherNames: ["device"]
            )
        ),
    ]
}
