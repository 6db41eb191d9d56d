import Launcher

extension Environment {
    /// The value of a variable of this program's environment, nil when it is not set or empty.
    static func value(_ name: String) -> String? {
        let entry = own.last { $0.hasPrefix(name + "=") }
        return entry.map { String($0.dropFirst(name.utf8.count + 1)) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
