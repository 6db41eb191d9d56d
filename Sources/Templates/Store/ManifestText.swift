/// The manifest's file form: lines of `key value`, read at every start of a jail, so there is no more to it.
///
/// A value's line feeds are `\n`, its backslashes `\\`. Keys that have several values have a line for each. A reader
/// refuses keys it does not know: they may say something that matters.
enum ManifestText {
    static let version = "bailey-template 1"

    static func write(_ manifest: TemplateManifest) -> String {
        var lines = [
            version, "name \(manifest.name)", "digest \(manifest.digest)", "input \(manifest.input)",
            "built-at \(manifest.builtAt)", "size \(manifest.size)",
        ]
        lines += manifest.layers.map { "layer \($0)" }
        if let archive = manifest.archive {
            lines.append("release \(archive.release)")
            lines += archive.components.map { "component \($0)" }
            if let mirror = archive.mirror { lines.append("mirror \(escaped(mirror))") }
        }
        return (lines + self.lines(of: manifest.defaults)).joined(separator: "\n") + "\n"
    }

    static func lines(of defaults: TemplateDefaults) -> [String] {
        var lines = (defaults.command ?? []).map { "command \(escaped($0))" }
        lines += (defaults.environment ?? []).map { "env \(escaped($0))" }
        if let folder = defaults.workingDirectory { lines.append("workdir \(escaped(folder))") }
        if let user = defaults.user { lines.append("user \(escaped(user))") }
        if let kind = defaults.initKind { lines.append("init \(kind.rawValue)") }
        if let signal = defaults.stopSignal { lines.append("stop-signal \(escaped(signal))") }
        return lines
    }

    static func read(_ bytes: [UInt8], file: String) throws(TemplateError) -> TemplateManifest {
        var fields = Fields()
        var isFirst = true
        for line in bytes.split(separator: 10) {
            if isFirst {
                guard line.elementsEqual(version.utf8) else {
                    throw .damaged(file: file, reason: "another format version")
                }
                isFirst = false
                continue
            }
            let key = line.prefix { $0 != 32 }
            let value = unescaped(line.dropFirst(key.count + 1))
            guard fields.take(String(decoding: key, as: UTF8.self), value) else {
                throw .damaged(file: file, reason: "the line \"\(String(decoding: line, as: UTF8.self))\"")
            }
        }
        guard let manifest = fields.manifest else { throw .damaged(file: file, reason: "a line is missing") }
        guard manifest.digest == fields.digest else { throw .damaged(file: file, reason: "the digest is another") }
        return manifest
    }

    private static func escaped(_ text: String) -> String {
        if !text.utf8.contains(where: { $0 == 10 || $0 == 92 }) { return text }
        var safe: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 10: safe += Array("\\n".utf8)
            case 92: safe += Array("\\\\".utf8)
            default: safe.append(byte)
            }
        }
        return String(decoding: safe, as: UTF8.self)
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        if !bytes.contains(92) { return String(decoding: bytes, as: UTF8.self) }
        var plain: [UInt8] = []
        var isEscape = false
        for byte in bytes {
            if isEscape {
                plain.append(byte == UInt8(ascii: "n") ? 10 : byte)
                isEscape = false
            } else if byte == 92 {
                isEscape = true
            } else {
                plain.append(byte)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    private struct Fields {
        var name: String?
        var digest: Digest?
        var input: Digest?
        var builtAt: Int64?
        var size: Int64?
        var layers: [Digest] = []
        var release: String?
        var components: [String] = []
        var mirror: String?
        var defaults = TemplateDefaults()

        mutating func take(_ key: String, _ value: String) -> Bool {
            switch key {
            case "name": name = value
            case "digest": digest = Digest(value)
            case "input": input = Digest(value)
            case "built-at": builtAt = Int64(value)
            case "size": size = Int64(value)
            case "layer":
                guard let layer = Digest(value) else { return false }
                layers.append(layer)
            case "release": release = value
            case "component": components.append(value)
            case "mirror": mirror = value
            default: return takeDefault(key, value)
            }
            return true
        }

        private mutating func takeDefault(_ key: String, _ value: String) -> Bool {
            switch key {
            case "command": defaults.command = (defaults.command ?? []) + [value]
            case "env": defaults.environment = (defaults.environment ?? []) + [value]
            case "workdir": defaults.workingDirectory = value
            case "user": defaults.user = value
            case "init":
                defaults.initKind = TemplateInit(rawValue: value)
                return defaults.initKind != nil
            case "stop-signal": defaults.stopSignal = value
            default: return false
            }
            return true
        }

        var manifest: TemplateManifest? {
            guard let name, let input, let builtAt, let size, !layers.isEmpty else { return nil }
            let archive = release.map { DebianArchive(release: $0, mirror: mirror, components: components) }
            return TemplateManifest(
                name: name,
                input: input,
                builtAt: builtAt,
                layers: layers,
                size: size,
                archive: archive,
                defaults: defaults
            )
        }
    }
}
