/// Device rules as the lines that a v1 group takes.
public enum LegacyDeviceLines {
    /// The files of the devices controller and what each is given, in order.
    ///
    /// - Parameter rules: On top of "no device at all"; later rules win.
    /// - Returns: The lines, or the rule that v1 would silently ignore and the one it is a part of.
    public static func lines(
        _ rules: [DeviceRule]
    ) -> (lines: [(file: String, value: String)], gap: (rule: DeviceRule, within: DeviceRule)?) {
        switch DeviceList(rules).legacyWrites() {
        case .success(let lines): (lines, nil)
        case .failure(let gap): ([], (gap.rule, gap.within))
        }
    }
}
