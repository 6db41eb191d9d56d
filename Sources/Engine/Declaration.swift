/// How a jail or tenant was declared: the texts and flags that its spec is read from.
///
/// Kept as they were said, not as what they came to: read again they give the same values with the same origins, file,
/// line and column, whatever has become of the files. The profiles that were extended are kept with it, so a jail does
/// not change because a profile did; declaring it anew does that.
public struct Declaration: Equatable, Sendable {
    /// A document of a file.
    public struct Document: Equatable, Sendable {
        /// What findings and origins call the file.
        public var path: String
        /// The line of the file on which `text` begins, from 1.
        public var firstLine: Int
        /// The document's text.
        public var text: String

        /// Makes a document.
        public init(path: String, firstLine: Int = 1, text: String) {
            (self.path, self.firstLine, self.text) = (path, firstLine, text)
        }
    }

    /// A profile that was extended.
    public struct Profile: Equatable, Sendable {
        /// By this name.
        public var name: String
        /// Where it was found.
        public var path: String
        /// What it said.
        public var text: String

        /// Makes a profile.
        public init(name: String, path: String, text: String) {
            (self.name, self.path, self.text) = (name, path, text)
        }
    }

    /// A flag that set a key.
    public struct Flag: Equatable, Sendable {
        /// Its name, such as `--memory`.
        public var flag: String
        /// The key that it set.
        public var keyPath: String
        /// The value as it was typed.
        public var text: String

        /// Makes a flag.
        public init(flag: String, keyPath: String, text: String) {
            (self.flag, self.keyPath, self.text) = (flag, keyPath, text)
        }
    }

    /// The jail's own document, if a file declared it.
    public var document: Document?
    /// Profiles named by flags, in their order.
    public var profiles: [String] = []
    /// Every profile that is needed.
    public var library: [Profile] = []
    /// Flags laid over both, in their order.
    public var flags: [Flag] = []
    /// The command line given after `--`, if any.
    public var command: [String] = []

    /// An empty declaration.
    public init() {}
}

/// The form on disk: a head, then records of `KIND LENGTH… LF` and the fields one after the other.
///
/// People can read it, and any text can be a field, whatever is in it.
extension Declaration {
    private static let head = "bailey declaration 1\n"

    /// The declaration as bytes.
    public var bytes: [UInt8] {
        var bytes = Array(Self.head.utf8)
        func record(_ kind: String, _ fields: String...) {
            let lengths = fields.map { " \($0.utf8.count)" }.joined()
            bytes += Array((kind + lengths + "\n").utf8)
            for field in fields { bytes += Array(field.utf8) }
            bytes.append(10)
        }
        if let document { record("document", document.path, "\(document.firstLine)", document.text) }
        for name in profiles { record("use", name) }
        for profile in library { record("profile", profile.name, profile.path, profile.text) }
        for flag in flags { record("flag", flag.flag, flag.keyPath, flag.text) }
        for word in command { record("word", word) }
        return bytes
    }

    /// Reads what ``bytes`` wrote; nil for anything else.
    public init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Self.head.utf8) else { return nil }
        var rest = bytes[...].dropFirst(Self.head.utf8.count)
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: 10) else { return nil }
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            rest = rest[(end + 1)...]
            var fields: [String] = []
            for word in words.dropFirst() {
                guard let length = Int(word), length >= 0, length <= rest.count else { return nil }
                fields.append(String(decoding: rest.prefix(length), as: UTF8.self))
                rest = rest.dropFirst(length)
            }
            guard rest.first == 10, take(words.first ?? "", fields) else { return nil }
            rest = rest.dropFirst()
        }
    }

    private mutating func take(_ kind: Substring, _ fields: [String]) -> Bool {
        switch (kind, fields.count) {
        case ("document", 3):
            guard let line = Int(fields[1]), line > 0 else { return false }
            document = Document(path: fields[0], firstLine: line, text: fields[2])
        case ("use", 1): profiles.append(fields[0])
        case ("profile", 3): library.append(Profile(name: fields[0], path: fields[1], text: fields[2]))
        case ("flag", 3): flags.append(Flag(flag: fields[0], keyPath: fields[1], text: fields[2]))
        case ("word", 1): command.append(fields[0])
        default: return false
        }
        return true
    }
}
