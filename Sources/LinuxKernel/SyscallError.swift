import CLinux
import Glibc

/// A system call that failed: which one, on what, and the kernel's reason.
public struct SyscallError: Error, Equatable, Sendable {
    /// The system call's name as its man page has it, such as `move_mount`.
    public let call: String

    /// What the call was made on: a path, a process, a name.
    ///
    /// Host side unless it says otherwise.
    public let subject: String

    /// The error number, positive; see errno(3).
    public let errno: Int32

    /// Makes an error; code that wraps a system call uses ``checked(_:_:_:)`` instead.
    public init(call: String, subject: String, errno: Int32) {
        self.call = call
        self.subject = subject
        self.errno = errno
    }
}

extension SyscallError: CustomStringConvertible {
    /// `call subject: reason (NAME)`, lower case.
    public var description: String {
        "\(call) \(subject): \(ErrorNumber.text(errno)) (\(ErrorNumber.name(errno)))"
    }
}

/// The one place where a kernel result becomes a value or an error.
///
/// `CLinux` returns the negated errno itself, so nothing between the call and this line can change it.
@discardableResult
func checked(
    _ call: @autoclosure () -> String,
    _ subject: @autoclosure () -> String,
    _ result: Int
) throws(SyscallError) -> Int {
    if result < 0 { throw SyscallError(call: call(), subject: subject(), errno: Int32(-result)) }
    return result
}

/// As ``checked(_:_:_:)``, but a call that a signal interrupted is made again.
@discardableResult
func checkedRetrying(
    _ call: @autoclosure () -> String,
    _ subject: @autoclosure () -> String,
    _ body: () -> Int
) throws(SyscallError) -> Int {
    while true {
        let result = body()
        if result != -Int(EINTR) { return try checked(call(), subject(), result) }
    }
}

/// Names and texts of error numbers, without the C library's locale and shared buffer.
public enum ErrorNumber {
    /// The symbolic name, such as `EPERM`, or `errno N` for one that has no entry.
    public static func name(_ number: Int32) -> String {
        guard let name = unsafe clinux_error_name(number) else { return "errno \(number)" }
        return unsafe String(cString: name)
    }

    /// The text of errno(3), with a lower-case first letter.
    public static func text(_ number: Int32) -> String {
        guard let text = unsafe clinux_error_text(number) else { return "unknown error" }
        let sentence = unsafe String(cString: text)
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
}
