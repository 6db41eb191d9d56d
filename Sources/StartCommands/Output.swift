import LinuxKernel

/// A command that failed, with its exit status.
package struct CommandFailure: Error {
    package let message: String
    package let status: Int32

    package init(message: String, status: Int32) { (self.message, self.status) = (message, status) }
}

/// Text to the caller.
package enum Output {
    package static func print(_ text: String) {
        write(text + "\n", to: 1)
    }

    /// One line a finding or error, each with the program's name in front.
    package static func error(_ text: String) {
        for line in text.split(separator: "\n") { write("bailey: \(Table.printable(String(line)))\n", to: 2) }
    }

    package static func write(_ text: String, to descriptor: Int32) {
        do {
            try Files.write(descriptor, Array(text.utf8), named: "output")
        } catch {
            // A reader that went away, as in `bailey ls | head`, ends the program as it ends every other.
            Processes.exit(descriptor == 1 ? 141 : 1)
        }
    }
}

/// What this program is.
package enum Version {
    package static let number = "0.1.0"
    package static var text: String { "bailey \(number)" }
}
