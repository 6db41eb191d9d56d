import JSONText

@testable import OCIRuntime

/// A configuration as `bailey-oci spec` writes it.
enum Fixtures {
    static let text = SpecCommand.json(rootless: false).text()

    static func node(_ text: String) throws -> JSONNode { try JSONDocument(Array(text.utf8)).root }

    static func configuration(_ text: String = text) throws -> Configuration { try Configuration(node(text)) }

    /// The smallest configuration, with `linux` as given.
    static func linux(_ linux: String) throws -> Configuration {
        try configuration("{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\"linux\":\(linux)}")
    }

    /// The smallest configuration, with members added to `process`.
    static func process(_ members: String) throws -> Configuration {
        try configuration(
            "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\(members)}}"
        )
    }
}
