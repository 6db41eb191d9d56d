// As in LinuxKernel, which this module does not know: the standard library's `joined` is generic, and makes the Swift runtime look through every conformance of the program at
// its first use: a tenth of a whole start (docs/decisions/0010-what-a-start-avoids.md). These do the same for the types that
// a start joins, and are preferred where they can be seen.

extension Array where Element == String {
    /// The texts with `separator` between them.
    func joined(separator: String = "") -> String {
        var result = ""
        for (index, part) in self.enumerated() {
            if index > 0 { result += separator }
            result += part
        }
        return result
    }
}

extension Array where Element == Substring {
    /// The texts with `separator` between them.
    func joined(separator: String = "") -> String { self[...].joined(separator: separator) }
}

extension ArraySlice where Element == Substring {
    /// The texts with `separator` between them.
    func joined(separator: String = "") -> String {
        var result = ""
        for (index, part) in self.enumerated() {
            if index > 0 { result += separator }
            // As a String: appending a Substring is generic again.
            result += String(part)
        }
        return result
    }
}
