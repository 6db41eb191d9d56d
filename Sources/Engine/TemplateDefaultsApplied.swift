import Profiles
import Templates

extension JailSpec {
    /// Lays a template's defaults under what the profile and the flags say.
    mutating func apply(_ defaults: TemplateDefaults, named name: String) {
        let origin = Origin.flag("template \(name)")
        let wantsOwnCommand = command != nil
        if !wantsOwnCommand {
            // A template's app command is not what somebody means who asks for the rootfs' own init.
            let wantsInit = initMode.value == .system && defaults.initKind != .system
            if let command = defaults.command, !wantsInit { self.command = Setting(command, origin) }
            if case .builtin = initMode.origin, defaults.initKind == .system { initMode = Setting(.system, origin) }
        }
        if case .builtin = workingDirectory.origin, let directory = defaults.workingDirectory {
            workingDirectory = Setting(directory, origin)
        }
        if case .builtin = user.origin, let text = defaults.user, let user = try? UserSpec(parsing: text) {
            self.user = Setting(user, origin)
        }
        for entry in defaults.environment ?? [] {
            guard let equals = entry.firstIndex(of: "=") else { continue }
            let variable = EnvironmentVariable(
                name: String(entry[..<equals]),
                value: String(entry[entry.index(after: equals)...])
            )
            let place = environment.firstIndex { $0.value.name == variable.name }
            switch place.map({ environment[$0].origin }) {
            case .builtin?: if let place { environment[place] = Setting(variable, origin) }
            case nil: environment.append(Setting(variable, origin))
            default: continue
            }
        }
        if stop.signal == nil, initMode.value == .system, let text = defaults.stopSignal,
            let signal = try? Signal(parsing: text)
        {
            stop.signal = Setting(signal, origin)
        }
    }
}
