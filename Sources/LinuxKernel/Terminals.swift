import CLinux
import Glibc

/// Terminals and pseudoterminals.
///
/// pty(7), ioctl_tty(2).
public enum Terminals {
    /// Rows and columns; nil when `fd` is no terminal.
    public static func size(_ fd: Int32) -> TerminalSize? {
        var rows: UInt16 = 0
        var columns: UInt16 = 0
        return unsafe clinux_tty_size(fd, &rows, &columns) < 0 ? nil : TerminalSize(rows: rows, columns: columns)
    }

    /// Tells the terminal its size; the programs in it get `SIGWINCH`.
    public static func resize(_ fd: Int32, _ size: TerminalSize) throws(SyscallError) {
        try checked("ioctl TIOCSWINSZ", "terminal", clinux_tty_set_size(fd, size.rows, size.columns))
    }

    /// Whether `fd` is a terminal.
    public static func isTerminal(_ fd: Int32) -> Bool { size(fd) != nil }

    /// Opens the side of a pseudoterminal that programs use, without a path.
    ///
    /// `TIOCGPTPEER`, Linux 4.13.
    public static func openPeer(of master: Int32) throws(SyscallError) -> OwnedDescriptor {
        try checked("ioctl TIOCSPTLCK", "terminal", clinux_pty_unlock(master))
        let fd = try checked("ioctl TIOCGPTPEER", "terminal", clinux_pty_peer(master, O_RDWR | O_NOCTTY))
        return OwnedDescriptor(owning: Int32(fd))
    }

    /// Makes `fd` the controlling terminal of the calling session leader.
    public static func makeControlling(_ fd: Int32) throws(SyscallError) {
        try checked("ioctl TIOCSCTTY", "terminal", clinux_tty_make_controlling(fd))
    }

    /// Switches a terminal to raw mode and returns what ``restore(_:_:)`` wants.
    public static func makeRaw(_ fd: Int32) throws(SyscallError) -> [UInt8] {
        var saved = [UInt8](repeating: 0, count: Int(CLINUX_TERMIOS_SIZE))
        let result = unsafe saved.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -Int(EINVAL) }
            return unsafe clinux_tty_raw(fd, start)
        }
        try checked("tcsetattr", "terminal", result)
        return saved
    }

    /// Undoes ``makeRaw(_:)``.
    public static func restore(_ fd: Int32, _ saved: [UInt8]) {
        unsafe saved.withUnsafeBytes { bytes in
            guard bytes.count >= Int(CLINUX_TERMIOS_SIZE), let start = bytes.baseAddress else { return }
            _ = unsafe clinux_tty_restore(fd, start)
        }
    }
}

/// Rows and columns of a terminal.
public struct TerminalSize: Equatable, Sendable {
    /// Lines.
    public let rows: UInt16
    /// Characters in a line.
    public let columns: UInt16

    /// Makes a size.
    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}
