import Glibc
import JSONText
import LinuxKernel

/// `features`: what this runtime can do, whatever this host can; features.md of the specification.
struct FeaturesCommand {
    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        _ = try Arguments(words, [], command: "features")
        Output.print(Self.json.text(indent: 2))
        return 0
    }

    static var json: JSONValue {
        .object([
            ("ociVersionMin", .string("1.0.0")), ("ociVersionMax", .string(Version.specification)),
            (
                "hooks",
                .strings(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"])
            ),
            ("mountOptions", .strings(MountOptions.names)), ("linux", linux),
            ("annotations", .object([("org.bailey.oci.version", .string(Version.program))])),
        ])
    }

    private static var linux: JSONValue {
        .object([
            ("namespaces", .strings(LinuxSection.namespaceKinds.keys.sorted())),
            ("capabilities", .strings(Capabilities.names)),
            (
                "cgroup",
                .object([
                    ("v1", .bool(true)), ("v2", .bool(true)), ("systemd", .bool(false)), ("systemdUser", .bool(false)),
                    ("rdma", .bool(true)),
                ])
            ),
            ("seccomp", seccomp), ("apparmor", .object([("enabled", .bool(true))])),
            ("selinux", .object([("enabled", .bool(true))])),
            ("mountExtensions", .object([("idmap", .object([("enabled", .bool(true))]))])),
            ("intelRdt", .object([("enabled", .bool(true))])),
        ])
    }

    private static var seccomp: JSONValue {
        let flags = SeccompTranslation.flagBits.keys.sorted()
        return .object([
            ("enabled", .bool(true)), ("actions", .strings(SeccompTranslation.actions.keys.sorted())),
            ("operators", .strings(SeccompTranslation.operators.keys.sorted())),
            ("archs", .strings(SeccompTranslation.architectures.keys.sorted())), ("knownFlags", .strings(flags)),
            ("supportedFlags", .strings(flags)),
        ])
    }
}
