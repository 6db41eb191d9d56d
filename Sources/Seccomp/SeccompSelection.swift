/// What a profile's `seccomp:` can say.
public enum SeccompSelection: Hashable, Sendable {
    /// No filter at all: a relaxation that has to be spelled out, and that `explain` shows.
    case unconfined
    /// The policy of this name, or in the file at this path if it has a slash.
    case policy(String)

    /// The word for ``unconfined``.
    public static let unconfinedName = "unconfined"

    /// Reads the word; whether a policy of that name exists, the library tells.
    public init(_ text: String) {
        self = text == Self.unconfinedName ? .unconfined : .policy(text)
    }
}
