import Foundation

/// A small root file system: busybox, the probe, and a set-user-id copy of it.
enum Rootfs {
    static let folders = [
        "bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sys", "tmp", "usr", "var", "volume",
    ]
    static let applets = ["sh", "ls", "cat", "sleep", "id", "true", "mkdir", "mount", "stat", "readlink", "head"]

    static func make(at path: String) throws {
        let files = FileManager.default
        for folder in folders {
            try files.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
        try files.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: path + "/tmp")
        try files.copyItem(atPath: "/bin/busybox", toPath: path + "/bin/busybox")
        for applet in applets {
            try files.createSymbolicLink(atPath: "\(path)/bin/\(applet)", withDestinationPath: "busybox")
        }
        try files.copyItem(atPath: Probe.program, toPath: path + "/probe")
        try files.copyItem(atPath: Probe.program, toPath: path + "/probe-setuid")
        try files.setAttributes([.posixPermissions: 0o4755], ofItemAtPath: path + "/probe-setuid")
        try "root:x:0:0:root:/root:/bin/sh\n".write(toFile: path + "/etc/passwd", atomically: true, encoding: .utf8)
        try "root:x:0:\n".write(toFile: path + "/etc/group", atomically: true, encoding: .utf8)
    }
}
