/// What a run used and which limits it hit, as its launcher wrote it down before the groups were removed.
///
/// On disk: a line `run N`, then for each file a line `= PATH` and its text as the kernel gave it.
public struct KeptCounters: Equatable, Sendable {
    /// Where it is, in a state directory.
    public static let file = "counters"

    /// Which run; see ``Finish/run``.
    public var run: UInt64
    /// The kernel's text by path.
    public var texts: [String: String]

    /// Makes a record.
    public init(run: UInt64, texts: [String: String]) { (self.run, self.texts) = (run, texts) }

    /// Its text.
    public var text: String {
        let files = texts.sorted { $0.key < $1.key }.map { "= \($0.key)\n\($0.value)" }
        return (["run \(run)"] + files).joined(separator: "\n") + "\n"
    }

    /// Reads what ``text`` gave; nil for anything else.
    public init?(_ text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard let head = lines.popFirst(), head.hasPrefix("run "), let run = UInt64(head.dropFirst(4)) else {
            return nil
        }
        self.init(run: run, texts: [:])
        var path: String?
        for line in lines {
            if line.hasPrefix("= ") {
                path = String(line.dropFirst(2))
            } else if let path, !line.isEmpty {
                texts[path] = texts[path].map { "\($0)\n\(line)" } ?? String(line)
            }
        }
    }
}
