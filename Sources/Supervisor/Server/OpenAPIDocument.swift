import ControlAPI
import Engine
import LinuxKernel

/// The description of the API, as it is installed beside the profiles.
enum OpenAPIDocument {
    static func text(_ engine: Engine) throws -> String {
        for folder in engine.searchPath {
            if let text = try? Files.readText(folder + "/openapi.json") { return text }
            if let text = try? Files.readText(folder + "/docs/openapi.json") { return text }
        }
        throw Problem(
            kind: "notFound",
            error: "reading the description: openapi.json is not installed: see docs/openapi.json"
        )
    }
}
