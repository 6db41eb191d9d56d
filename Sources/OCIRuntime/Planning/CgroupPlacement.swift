import JSONText

/// Where in the trees a container's cgroup is: `linux.cgroupsPath`.
enum CgroupPlacement {
    /// The path from the root of each hierarchy, beginning with a slash.
    ///
    /// An absolute path is one below the mount points, a relative one too, as crun has it; none is `/bailey-oci/ID`.
    ///
    /// - Throws: ``JSONError`` for systemd's form, which needs systemd.
    static func path(_ text: String, container: String, systemd: Bool) throws(JSONError) -> String {
        if systemd {
            throw JSONError(
                "--systemd-cgroup",
                "bailey-oci writes cgroups itself and does not speak to systemd: leave the flag out and give"
                    + " linux.cgroupsPath as a path"
            )
        }
        if text.isEmpty { return "/bailey-oci/" + container }
        var parts: [Substring] = []
        for part in text.split(separator: "/") where part != "." {
            // As in filepath.Clean of a rooted path: nothing is above the root.
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        guard !parts.isEmpty else {
            throw JSONError("linux.cgroupsPath", "'\(text)' is the root of the tree: name a group below it")
        }
        return "/" + parts.joined(separator: "/")
    }
}
