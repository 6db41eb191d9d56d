/// One program of a jail that shares the host's network.
public struct SharedProgram: Sendable {
    /// `BPF_PROG_TYPE_*`.
    public let type: UInt32
    /// `BPF_CGROUP_*`.
    public let attachType: UInt32
    /// What bpftool(8) shows.
    public let name: String
    /// Instructions of eight bytes.
    public let bytes: [UInt8]
    /// Instructions that load the table of counters.
    public let counterLoads: [UInt32]

    /// Programs about addresses of sockets: `BPF_PROG_TYPE_CGROUP_SOCK_ADDR`.
    static func address(_ attachType: UInt32, _ name: String, _ code: BPFAssembler) -> SharedProgram {
        SharedProgram(18, attachType, name, code)
    }

    init(_ type: UInt32, _ attachType: UInt32, _ name: String, _ code: BPFAssembler) {
        (self.type, self.attachType, self.name) = (type, attachType, name)
        (bytes, counterLoads) = (code.bytes, code.counterLoads)
    }
}

/// Offsets in `struct bpf_sock_addr`, `struct bpf_sock` and `struct __sk_buff`; linux/bpf.h.
enum Field {
    static let family: Int16 = 0
    static let address4: Int16 = 4
    static let address6: Int16 = 8
    static let port: Int16 = 24
    static let source4: Int16 = 40
    static let source6: Int16 = 44
    static let socket: Int16 = 64

    static let socketFamily: Int16 = 4
    static let socketType: Int16 = 8
    static let socketProtocol: Int16 = 12

    static let packetLength: Int16 = 0
    static let packetProtocol: Int16 = 16
    static let packetInterface: Int16 = 40
}

/// An address as the numbers that a load of four bytes gives.
extension [UInt8] {
    var words: [UInt32] {
        stride(from: 0, to: count - 3, by: 4).map { start in
            self[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}

/// Error numbers that programs give.
enum Refusal: Int32 {
    case notPermitted = -1
    case addressNotAvailable = -99
    case networkUnreachable = -101
    case connectionRefused = -111
}

extension BPFAssembler {
    /// Ends with "allowed".
    ///
    /// `freePorts`: in bind, ports below 1,024 need no capability (bit 1 of the result).
    mutating func allow(freePorts: Bool = false) {
        move(.r0, freePorts ? 3 : 1)
        exit()
    }

    /// Ends with an error for the system call.
    mutating func refuse(_ refusal: Refusal) {
        move(.r1, refusal.rawValue)
        call(.setResult)
        move(.r0, 0)
        exit()
    }

    /// Loads the sixteen bytes at `offset` of the context, in r6, into r2 to r5.
    mutating func loadAddress6(_ offset: Int16) {
        for (index, register) in [Register.r2, .r3, .r4, .r5].enumerated() {
            load(.word, register, .r6, offset + Int16(index * 4))
        }
    }

    /// Goes to `label` when r2 to r5 hold this address.
    mutating func jump(ifAddress6 address: [UInt8], _ label: String) {
        let other = newLabel()
        for (word, register) in zip(address.words, [Register.r2, .r3, .r4, .r5]) {
            jump(ifNotEqual: register, word, other)
        }
        jump(label)
        self.label(other)
    }

    /// Puts an address into the context, in r6.
    mutating func storeAddress(_ address: [UInt8], _ offset: Int16) {
        for (index, word) in address.words.enumerated() {
            move32(.r1, word)
            store(.word, .r6, offset + Int16(index * 4), .r1)
        }
    }
}
