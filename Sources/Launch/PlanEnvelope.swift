/// The header in front of a plan: what it is, and which version of the format.
public enum PlanEnvelope {
    /// Changes whenever the form of any part of a plan changes.
    public static let version: UInt32 = 4

    private static let mark: [UInt8] = Array("BAILEYPL".utf8)

    /// The bytes of `plan`, ready for a sealed memfd.
    public static func encode<Plan: PlanValue>(_ plan: Plan) -> [UInt8] {
        var writer = PlanWriter()
        writer.append(raw: mark)
        version.encode(to: &writer)
        plan.encode(to: &writer)
        return writer.bytes
    }

    /// Reads a plan; anything after it is refused.
    public static func decode<Plan: PlanValue>(_ bytes: [UInt8], as type: Plan.Type) throws(PlanFormatError) -> Plan {
        var reader = PlanReader(bytes)
        guard bytes.count >= mark.count, try Array(reader.take(mark.count)) == mark else {
            throw PlanFormatError(reason: "these bytes are no launch plan")
        }
        let written = try UInt32(from: &reader)
        guard written == version else {
            throw PlanFormatError(
                reason:
                    "it has format \(written), this bailey-init reads \(version): install bailey and bailey-init together"
            )
        }
        let plan = try Plan(from: &reader)
        guard reader.remaining == 0 else {
            throw PlanFormatError(reason: "\(reader.remaining) bytes follow its end")
        }
        return plan
    }
}
