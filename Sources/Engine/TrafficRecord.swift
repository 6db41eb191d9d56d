import LinuxKernel
import Networking

/// Counters of a jail as its launcher wrote them down at its end: answers of the kernel, one after the other, or the table of
/// the programs of `mode: shared`.
struct TrafficRecord {
    let counters: [TrafficCounter]

    /// Reads a file; one that is not there has no counters.
    init(file: String) {
        let bytes = (try? Files.readBytes(file)) ?? []
        // What the programs of `mode: shared` counted has a mark of its own before it.
        counters =
            bytes.starts(with: "BPF1".utf8)
            ? SharedPrograms.counters(SharedCounters.numbers(in: bytes.dropFirst(4)))
            : Self.counters(in: NetlinkReply.messages(in: bytes))
    }

    /// Counters in the kernel's answers: each names its set, and has the address as key.
    static func counters(in replies: [NetlinkReply]) -> [TrafficCounter] {
        replies.flatMap { reply -> [TrafficCounter] in
            guard let name = reply.attributes(after: 4).text(2),
                let set = TrafficCounter.sets.first(where: { $0 == name.dropLast() })
            else { return [] }
            return ListedElement.all(in: [reply]).map { element in
                TrafficCounter(
                    set: set,
                    isVersion6: element.key.count == 16,
                    packets: element.packets,
                    bytes: element.bytes
                )
            }
        }
    }
}
