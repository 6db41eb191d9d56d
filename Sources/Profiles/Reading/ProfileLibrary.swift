/// Where profiles are found by name.
///
/// It reads nothing itself: `find` and `names` are given by whoever may touch the host.
public struct ProfileLibrary {
    /// A file that was found.
    public struct Entry: Sendable {
        /// What findings call it.
        public let path: String
        /// Its text.
        public let text: String

        /// Makes an entry.
        public init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    /// The file of the profile with a name such as `webhost/small`; nil where there is none.
    let find: (String) throws -> Entry?
    /// All names, for suggestions; asked only when a profile is not found.
    let names: () -> [String]

    /// Makes a library.
    public init(find: @escaping (String) throws -> Entry?, names: @escaping () -> [String] = { [] }) {
        self.find = find
        self.names = names
    }

    /// Looks for `NAME.yaml` in each of `folders`, the first one wins.
    ///
    /// - Parameters:
    ///   - folders: Folders of the host, without a slash at their end.
    ///   - names: All names, for suggestions.
    ///   - load: The text of the file at a path; nil where there is no such file.
    public init(folders: [String], names: @escaping () -> [String] = { [] }, load: @escaping (String) throws -> String?)
    {
        self.init(
            find: { name in
                for folder in folders {
                    let path = "\(folder)/\(name).yaml"
                    if let text = try load(path) { return Entry(path: path, text: text) }
                }
                return nil
            },
            names: names
        )
    }
}
