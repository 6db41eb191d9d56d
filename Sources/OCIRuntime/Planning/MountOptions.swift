import Launch

/// The mount options that the specification names, and what each does to a ``ContainerMount``.
struct MountOptions {
    /// What one word does.
    private struct Effect {
        /// `MS_*` bits set or cleared, for new file systems.
        var set: UInt = 0
        var clear: UInt = 0
        /// `MOUNT_ATTR_*` bits, for binds and recursive options.
        var attributes: UInt64 = 0
        var cleared: UInt64 = 0
        /// A change of propagation.
        var propagation: UInt64 = 0
        var recursive = false
    }

    private static let atimeMask: UInt64 = 0x70

    /// Name, `MS_*` bit, `MOUNT_ATTR_*` bit; the second name takes both back.
    private static let switches: [(on: String, off: String, flag: UInt, attribute: UInt64)] = [
        ("ro", "rw", 1, 0x1), ("nosuid", "suid", 2, 0x2), ("nodev", "dev", 4, 0x4), ("noexec", "exec", 8, 0x8),
        ("sync", "async", 16, 0), ("mand", "nomand", 64, 0), ("dirsync", "", 128, 0),
        ("nosymfollow", "symfollow", 256, 0x20_0000), ("nodiratime", "diratime", 2048, 0x80),
        ("silent", "loud", 32768, 0), ("iversion", "noiversion", 1 << 23, 0), ("lazytime", "nolazytime", 1 << 25, 0),
    ]

    /// Access times exclude each other: name, `MS_*` bits set and cleared, value of the attribute's field.
    private static let times: [(name: String, set: UInt, clear: UInt, attribute: UInt64)] = [
        ("noatime", 1 << 10, 0, 0x10), ("atime", 0, 1 << 10, 0), ("relatime", 1 << 21, 0, 0),
        ("norelatime", 0, 1 << 21, 0), ("strictatime", 1 << 24, 0, 0x20), ("nostrictatime", 0, 1 << 24, 0),
    ]

    private static let propagations: [(name: String, flag: UInt64)] = [
        ("unbindable", 1 << 17), ("private", 1 << 18), ("slave", 1 << 19), ("shared", 1 << 20),
    ]

    private static let effects: [String: Effect] = {
        var effects: [String: Effect] = [
            "defaults": Effect(), "acl": Effect(set: 1 << 16), "noacl": Effect(clear: 1 << 16),
        ]
        for row in switches {
            effects[row.on] = Effect(set: row.flag, attributes: row.attribute)
            if !row.off.isEmpty { effects[row.off] = Effect(clear: row.flag, cleared: row.attribute) }
            guard row.attribute != 0 else { continue }
            effects["r" + row.on] = Effect(attributes: row.attribute, recursive: true)
            effects["r" + row.off] = Effect(cleared: row.attribute, recursive: true)
        }
        for row in times {
            let (set, clear) = (row.attribute, atimeMask)
            effects[row.name] = Effect(set: row.set, clear: row.clear, attributes: set, cleared: clear)
            effects["r" + row.name] = Effect(attributes: set, cleared: clear, recursive: true)
        }
        for row in propagations {
            effects[row.name] = Effect(propagation: row.flag)
            effects["r" + row.name] = Effect(propagation: row.flag, recursive: true)
        }
        return effects
    }()

    /// Words that are no flags and not for the file system either.
    static let special: Set<String> = [
        "bind", "rbind", "remount", "idmap", "ridmap", "tmpcopyup", "copy-symlink", "src-nofollow", "dest-nofollow",
    ]

    /// All words that are not passed on to the file system, sorted.
    static var names: [String] {
        (Array(effects.keys) + special.filter { !$0.contains("-") }).sorted()
    }

    private(set) var words: Set<String> = []
    private(set) var idMap: (users: String, groups: String)?

    /// Applies `options` in their order to `mount`; a later one wins.
    mutating func apply(_ options: [String], to mount: inout ContainerMount) {
        var data: [String] = []
        for option in options {
            if Self.special.contains(option) {
                words.insert(option)
            } else if let effect = Self.effects[option] {
                apply(effect, to: &mount)
            } else if !option.isEmpty {
                data.append(option)
            }
        }
        mount.data = data.joined(separator: ",")
    }

    private func apply(_ effect: Effect, to mount: inout ContainerMount) {
        if effect.propagation != 0 {
            mount.propagation.append(.init(flag: effect.propagation, recursive: effect.recursive))
            return
        }
        if effect.recursive {
            mount.setBelow = mount.setBelow & ~effect.cleared | effect.attributes
            mount.clearBelow = mount.clearBelow & ~effect.attributes | effect.cleared
            return
        }
        mount.flags = mount.flags & ~effect.clear | effect.set
        mount.set = mount.set & ~effect.cleared | effect.attributes
        mount.clear = mount.clear & ~effect.attributes | effect.cleared
    }
}
