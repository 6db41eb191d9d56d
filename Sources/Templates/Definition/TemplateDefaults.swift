/// Who is PID 1 of a jail made from a template.
public enum TemplateInit: String, CaseIterable, Sendable {
    /// The command runs under `bailey-init`.
    case app
    /// The rootfs' own init runs as PID 1.
    case system
}

/// What a jail does unless its profile says otherwise; `nil` where the file does not say, which takes the value of
/// the template it is built from.
public struct TemplateDefaults: Equatable, Sendable {
    /// Program and arguments.
    public var command: [String]?
    /// `NAME=value`, sorted by name.
    public var environment: [String]?
    /// Absolute, inside the rootfs.
    public var workingDirectory: String?
    /// A user name or number of the rootfs.
    public var user: String?
    /// Who is PID 1.
    public var initKind: TemplateInit?
    /// The signal that asks PID 1 to shut down in good order, such as `SIGPWR`.
    public var stopSignal: String?

    /// Makes defaults; everything not given stays unsaid.
    public init(
        command: [String]? = nil,
        environment: [String]? = nil,
        workingDirectory: String? = nil,
        user: String? = nil,
        initKind: TemplateInit? = nil,
        stopSignal: String? = nil
    ) {
        self.command = command
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.initKind = initKind
        self.stopSignal = stopSignal
    }
}
