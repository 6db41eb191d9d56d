import Glibc
import Launch
import LinuxKernel

/// A container's own terminal.
enum ContainerTerminal {
    /// Makes one from the devpts at `paths`, shows it as `/dev/console` where asked, and sends its master side away.
    ///
    /// - Returns: The side that programs use.
    static func open(
        _ process: ContainerProcess,
        _ paths: TargetPaths,
        showsConsole: Bool,
        send: (Int32) throws(SyscallError) -> Void
    ) throws(SyscallError) -> Int32 {
        let master = try openMultiplexer(paths)
        let peer = try Terminals.openPeer(of: master.number)
        if process.rows > 0 {
            try Terminals.resize(master.number, TerminalSize(rows: process.rows, columns: process.columns))
        }
        // The group is the devpts' own, that of terminals.
        let group = try Files.status("", at: peer.number).gid
        try? Files.setOwner("", uid: process.privileges.uid, gid: group, at: peer.number)
        if showsConsole {
            let place = try paths.place("/dev/console", directory: false)
            let copy = try Mounts.clone("", at: peer.number)
            try Mounts.attach(copy.number, to: place.descriptor.number, named: "/dev/console")
        }
        try send(master.number)
        return peer.release()
    }

    /// The container may have put anything there: what was opened is checked, and opening it never waits.
    private static func openMultiplexer(_ paths: TargetPaths) throws(SyscallError) -> OwnedDescriptor {
        for path in ["/dev/ptmx", "/dev/pts/ptmx"] where try paths.find(path) != nil {
            let master = try paths.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK)
            let status = try Files.status("", at: master.number)
            if status.mode & S_IFMT == S_IFCHR, status.representedDevice == DeviceNumber.make(5, 2) { return master }
        }
        throw SyscallError(call: "open", subject: "/dev/ptmx", errno: ENODEV)
    }
}
