extension Record where Item == Mount {
    static var mount: Record {
        Record(
            fields: [
                Field("type", .choice(of: MountType.self), fallback: "bind", "What is mounted.") { $0.type = $1 },
                Field("source", .path, fallback: "required for bind", "A file or directory of the host.") {
                    $0.source = $1
                },
                Field("target", .path, fallback: "required", "Where it appears in the jail.") { $0.target = $1 },
                Field("readOnly", .boolean, fallback: "false", "Whether nothing can be written through it.") {
                    $0.readOnly = $1
                },
                Field("size", .size(within: 4096...1 << 60), fallback: "half of memory", "The most a tmpfs holds.") {
                    $0.size = $1
                },
                Field("mode", .permissions, fallback: "1777", "Permission bits of the top of a tmpfs.") {
                    $0.mode = $1
                },
                Field(
                    list: "options",
                    .mountOption,
                    "Options of mount(8); nosuid and nodev hold unless suid or dev is said."
                ) { $0.apply(option: $1) },
            ],
            new: { Mount() },
            check: { mount throws(ValueProblem) in try mount.validated() },
            flag: { text, _ throws(ValueProblem) in try Mount(flag: text) }
        )
    }
}

extension Record where Item == Device {
    static var device: Record {
        Record(
            fields: [
                Field("path", .path, fallback: "required", "The node below /dev, the same on the host and in the jail.")
                {
                    $0.path = $1
                },
                Field("access", .text.named("letters of rwm"), fallback: "rw", "Read, write, make a node.") {
                    device,
                    text throws(ValueProblem) in try device.set(access: text)
                },
            ],
            new: { Device() },
            check: { device throws(ValueProblem) in try device.validated() },
            flag: { text, _ throws(ValueProblem) in try Device(flag: text) }
        )
    }
}

extension Record where Item == HostEntry {
    static var hostEntry: Record {
        Record(
            fields: [
                Field("address", .address, fallback: "required", "The address.") { $0.address = $1 },
                Field(list: "names", .domain, "Its names, the canonical one first.") { $0.names.append($1) },
            ],
            new: { HostEntry() },
            check: { entry throws(ValueProblem) in try entry.validated() },
            flag: { text, _ throws(ValueProblem) in try HostEntry(flag: text) }
        )
    }
}

extension ValueType where Value == String {
    /// A word of a mount's `options`.
    static var mountOption: ValueType {
        ValueType(name: "option", candidates: Mount.options) { text, _ throws(ValueProblem) in
            guard Mount.options.contains(text) else {
                let near = text == "ro" || text == "rw" ? "the key readOnly" : nil
                throw ValueProblem(
                    "\(text.quoted) is not one of \(Mount.options.joined(separator: ", "))",
                    suggestion: near ?? Suggestion.nearest(to: text, among: Mount.options)
                )
            }
            return text
        }
    }
}
