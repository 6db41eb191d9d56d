/// Brings a document and all the profiles it extends into the order in which they are laid over the defaults.
///
/// Parents come before those that extend them, in the order of `extends`; each profile once, at its first place. So own
/// values win over parents', later parents win over earlier ones, and what two parents share does not undo what the
/// first of them changed.
struct Inheritance {
    /// A document, and by which name it was extended; nil for the one that was asked for.
    struct Layer {
        let name: String?
        let document: Document
    }

    /// More than this many steps from a document to its ancestor are refused.
    static let deepest = 16
    /// More profiles than this in one jail are refused.
    static let most = 100

    private let library: ProfileLibrary
    private let rules: ReadingRules
    private(set) var layers: [Layer] = []
    private(set) var findings: [Finding] = []
    private var done: Set<String> = []
    /// The names that lead to the document being read.
    private var chain: [String] = []

    init(library: ProfileLibrary, rules: ReadingRules) {
        self.library = library
        self.rules = rules
    }

    /// Adds `document` behind all its ancestors.
    mutating func add(_ document: Document, name: String? = nil) {
        for parent in document.parents {
            let place = Finding(
                file: document.file,
                line: parent.position.line,
                column: parent.position.column,
                keyPath: "spec.extends",
                message: ""
            )
            add(profile: parent.name, saidBy: place)
        }
        layers.append(Layer(name: name, document: document))
    }

    /// Adds the profile `name` behind all its ancestors; `place` is where it is named.
    mutating func add(profile name: String, saidBy place: Finding) {
        if let start = chain.firstIndex(of: name) {
            refuse(place, "profiles extend each other: " + (chain[start...] + [name]).joined(separator: " → "))
            return
        }
        guard done.insert(name).inserted else { return }
        guard chain.count < Self.deepest else {
            refuse(place, "more than \(Self.deepest) profiles extend one another")
            return
        }
        guard done.count <= Self.most else {
            refuse(place, "more than \(Self.most) profiles are extended")
            return
        }
        let entry: ProfileLibrary.Entry?
        do {
            entry = try library.find(name)
        } catch {
            refuse(place, "the profile \(name.quoted) cannot be read: \(error)")
            return
        }
        guard let entry else {
            let near = Suggestion.nearest(to: name, among: library.names())
            refuse(place, "there is no profile \(name.quoted)", suggestion: near)
            return
        }
        add(entry, name: name, place)
    }

    private mutating func refuse(_ place: Finding, _ message: String, suggestion: String? = nil) {
        var finding = place
        (finding.message, finding.suggestion) = (message, suggestion)
        findings.append(finding)
    }

    private mutating func add(_ entry: ProfileLibrary.Entry, name: String, _ place: Finding) {
        let (documents, problems) = ProfileText.documents(entry.text, file: entry.path, rules)
        findings += problems
        guard let document = documents.first else {
            if problems.isEmpty { refuse(place, "the profile \(name.quoted) is empty") }
            return
        }
        guard documents.count == 1, document.kind == .profile else {
            refuse(
                place,
                documents.count == 1
                    ? "\(name.quoted) is a jail, and only profiles can be extended"
                    : "\(name.quoted) holds \(documents.count) documents, where one profile is expected"
            )
            return
        }
        chain.append(name)
        add(document, name: name)
        chain.removeLast()
    }
}

/// The documents of a text.
enum ProfileText {
    /// The documents that have a head of ours, and everything that is wrong with the text and the heads.
    static func documents(
        _ text: String,
        file: String,
        _ rules: ReadingRules,
        kinds: Set<Document.Kind> = [.jail, .profile]
    ) -> ([Document], [Finding]) {
        var yaml = YAMLText(file: file)
        let nodes = yaml.documents(in: text)
        var reading = Reading(file: file, rules: rules)
        let documents = nodes.compactMap { Document($0, kinds: kinds, &reading) }
        return (documents, yaml.findings + reading.findings)
    }
}
