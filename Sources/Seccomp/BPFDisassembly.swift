extension SeccompProgram {
    /// One line per instruction; jumps name the line they lead to.
    public var disassembly: String {
        instructions.enumerated().map { "\(Self.padded($0)): \(Self.text($1, at: $0))" }.joined(separator: "\n")
    }

    private static func text(_ instruction: BPFInstruction, at index: Int) -> String {
        let k = hexadecimal(instruction.k)
        switch instruction.code {
        case BPFCode.loadWord: return "load \(field(instruction.k))"
        case BPFCode.and: return "and \(k)"
        case BPFCode.jump: return "go to \(padded(index + 1 + Int(instruction.k)))"
        case BPFCode.returnValue:
            return "return \(SeccompAction(returnValue: instruction.k)?.description ?? k)"
        case BPFCode.jumpIfEqual: return comparison("==", instruction, index)
        case BPFCode.jumpIfGreater: return comparison(">", instruction, index)
        case BPFCode.jumpIfGreaterOrEqual: return comparison(">=", instruction, index)
        case BPFCode.jumpIfAnyBit: return comparison("&", instruction, index)
        default: return "code \(hexadecimal(instruction.code)) \(instruction.jt) \(instruction.jf) \(k)"
        }
    }

    private static func comparison(_ sign: String, _ instruction: BPFInstruction, _ index: Int) -> String {
        let yes = padded(index + 1 + Int(instruction.jt))
        let no = padded(index + 1 + Int(instruction.jf))
        return "if \(sign) \(hexadecimal(instruction.k)) go to \(yes) else \(no)"
    }

    private static func field(_ offset: UInt32) -> String {
        switch offset {
        case SeccompField.number: return "number"
        case SeccompField.architecture: return "architecture"
        case 16..<SeccompField.size:
            return "argument \((offset - 16) / 8) \(offset % 8 == 0 ? "low" : "high")"
        default: return "offset \(offset)"
        }
    }

    private static func padded(_ index: Int) -> String {
        String(repeating: "0", count: max(0, 4 - String(index).count)) + String(index)
    }
}
