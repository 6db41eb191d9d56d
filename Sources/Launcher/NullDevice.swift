import Glibc
import Launch
import LinuxKernel

/// `/dev/null` of the jail that this process is in.
enum NullDevice {
    /// Opens it for reading and writing, and nothing else by its name.
    ///
    /// In a jail that runs already the guest may have put anything at the path: a link to `/proc/self/fd/N`, which would
    /// open what this process holds of the host, or a file that makes the opener wait.
    static func open() throws(SyscallError) -> OwnedDescriptor {
        let path = "/dev/null"
        let root = try Files.open("/", OpenFlag.pathOnly | O_DIRECTORY)
        let null = try BeneathRoot(root.number).open(path, O_RDWR | O_NONBLOCK | O_NOCTTY, linkFree: true)
        let status = try Files.status("", at: null.number)
        guard status.mode & S_IFMT == S_IFCHR, status.representedDevice == DeviceNumber.make(1, 3) else {
            throw SyscallError(call: "open", subject: "\(path) of the jail, which is not device 1:3", errno: ENODEV)
        }
        return null
    }
}
