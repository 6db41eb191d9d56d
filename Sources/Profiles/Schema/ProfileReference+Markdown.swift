extension ProfileReference {
    /// The text of `docs/profile-reference.md`.
    public static func markdown() -> String {
        var text = preface
        for group in Schema.groups {
            text += "\n## \(group.title)\n\n| key of spec | type | default | meaning | becomes | acted on by |\n"
            text += "|---|---|---|---|---|---|\n"
            for key in group.keys() { text += row(key) }
        }
        for key in Schema.keys where !key.fields.isEmpty { text += fields(of: key) }
        return text + appendix
    }

    private static func row(_ key: Key) -> String {
        let merging = key.merging == .replace ? "" : " Over several files, \(key.merging.rawValue)."
        let cells = [
            "`\(key.path)`", key.type, key.about.fallback, key.about.summary + merging,
            key.about.knob == "none" ? "–" : key.about.knob, key.about.part.rawValue,
        ]
        return "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
    }

    private static func fields(of key: Key) -> String {
        var text =
            "\n## Fields of each item of spec.\(key.path)\n\n| field | type | default | meaning |\n|---|---|---|---|\n"
        for field in key.fields {
            let cells = ["`\(field.name)`", field.type, field.fallback, field.summary]
            text += "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    private static let preface = """
        # Profile reference

        <!-- Generated from the table in Sources/Profiles/Schema by `BAILEY_UPDATE_REFERENCE=1 swift test --filter
        ProfilesTests`. Change the table, not this file: a test compares them. -->

        A file describes a jail (`kind: Jail`) or settings that jails share (`kind: Profile`):

            apiVersion: bailey/v1
            kind: Jail
            metadata: { name: web1, tenant: acme, labels: { tier: small } }
            spec:
              extends: [webhost/small]
              template: debian-web
              command: [/usr/sbin/nginx, -g, daemon off;]

        | key | meaning |
        |---|---|
        | `apiVersion` | `bailey/v1` |
        | `kind` | `Jail` or `Profile` here; `Tenant` and `Template` are read by the supervisor and by `bailey template` |
        | `metadata.name` | The name of the jail: up to 63 lower-case letters, digits, `-`, `_` and `.`, a letter or digit first |
        | `metadata.tenant` | Whose jail it is; a name like the jail's |
        | `metadata.labels` | A mapping of notes, for listing and selecting |
        | `spec.extends` | Profiles by name, such as `webhost/small`, found in the folders of profiles |
        | `spec` | What follows below |

        ## Inheritance

        Profiles are laid over the built-in defaults in the order of `extends`, each behind the profiles that it extends
        itself and each only once, and the file itself comes last. So a file wins over its profiles, a later profile over an
        earlier one, and what two profiles share is not set twice. Flags win over files. Name, tenant and labels are never
        inherited. A mapping is merged key by key. A list replaces an inherited list, unless the table says that items are
        joined. `null` takes the built-in default again, or an inherited item of a mapping away. A file that names a template
        forgets an inherited rootfs, and the other way round.

        ## Units

        | what | written | note |
        |---|---|---|
        | size | `512MiB` `1.5GiB` `64KiB` `500MB` | `KiB MiB GiB TiB PiB` are powers of 1024, `kB MB GB TB PB` of 1000, and `B` |
        | CPUs | `1.5` `150%` | one CPU is `1` or `100%` |
        | time | `50ms` `30s` `5min` | `us ms s min h d` |
        | throughput | `20MiB/s` `1000/s` `100Mbit/s` | a network's may be given in bytes too: eight bits each |
        | size per period | `500GiB/month` | per `hour`, `day`, `week` or `month` |
        | count | `256` `200k` | `k M G` are powers of 1000 |
        | no limit | `unlimited` | `max` means the same |

        A bare number where a unit belongs is refused, but for 0. Numbers are exact: `0.3B` is refused, not rounded. On the
        command line docker's `b k m g` are taken too, as powers of 1024.

        """

    private static let appendix = """

        ## Built-in defaults with a reason

        | what | value |
        |---|---|
        | capabilities with `init: app` | \(names(BuiltIn.appCapabilities)) |
        | capabilities with `init: system` | \(names(BuiltIn.systemCapabilities)) |
        | hidden paths | \(paths(BuiltIn.maskedPaths)) |
        | paths that cannot be written | \(paths(BuiltIn.readOnlyPaths)) |

        All capabilities count within the jail's own user namespace. An app jail has neither `NET_RAW`, with which a tenant could
        forge packets on a shared bridge, nor `MKNOD` and `AUDIT_WRITE`, which the kernel refuses outside the first user
        namespace anyway.

        """

    private static func names(_ capabilities: [CapabilityName]) -> String {
        capabilities.map { "`\($0.name)`" }.joined(separator: " ")
    }

    private static func paths(_ paths: [String]) -> String { paths.map { "`\($0)`" }.joined(separator: " ") }
}
