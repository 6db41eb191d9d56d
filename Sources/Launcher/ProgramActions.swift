import Glibc
import Launch
import LinuxKernel

/// Hangs the programs of a shared network on the jail's cgroup.
enum ProgramActions {
    /// Places in the table of counters, of two numbers each.
    private static let entries: UInt32 = 8
    /// What the file of counters begins with; no answer of the kernel does.
    private static let mark = Array("BPF1".utf8)

    /// Loads and attaches every program, around one table of counters.
    ///
    /// - Precondition: The cgroup is there, and no process of the guest is in it yet.
    /// - Throws: The first failure; programs that hang already go with the cgroup.
    static func attach(_ steps: NetworkSteps) throws(SyscallError) {
        guard !steps.programs.isEmpty else { return }
        let cgroup = try Files.open(steps.programDirectory, O_RDONLY | O_DIRECTORY)
        // BPF_MAP_TYPE_ARRAY of packets and bytes.
        let counters = try BPFPrograms.makeMap(
            type: 2,
            keyBytes: 4,
            valueBytes: 16,
            entries: entries,
            name: "bailey_count"
        )
        try seed(counters.number, steps.programCounters)
        for program in steps.programs {
            var code = program.instructions
            for place in program.counterLoads {
                let start = Int(place) * 8 + 4
                guard start + 4 <= code.count else { continue }
                code.replaceSubrange(start..<(start + 4), with: UInt32(bitPattern: counters.number).hostBytes)
            }
            let loaded = try BPFPrograms.load(
                code,
                type: program.type,
                attachType: program.attachType,
                name: program.name
            )
            try BPFPrograms.attach(loaded, cgroup: cgroup.number, attachType: program.attachType)
        }
    }

    /// Counters go on where an earlier run of the jail left them.
    private static func seed(_ map: Int32, _ numbers: [UInt64]) throws(SyscallError) {
        guard numbers.count == Int(entries) * 2 else { return }
        for index in 0..<entries {
            let value = numbers[Int(index * 2)...Int(index * 2 + 1)].flatMap(bytes)
            try BPFPrograms.update(map, key: index.hostBytes, value: value)
        }
    }

    /// Writes the counters down before they go with the cgroup.
    static func keepCounters(_ steps: NetworkSteps) throws(SyscallError) {
        guard !steps.programs.isEmpty, !steps.finish.trafficFile.isEmpty else { return }
        let cgroup = try Files.open(steps.programDirectory, O_RDONLY | O_DIRECTORY)
        guard let program = try BPFPrograms.attached(cgroup: cgroup.number, attachType: 0).first,
            let number = try BPFPrograms.maps(ofProgram: program).first
        else { return }
        let map = try BPFPrograms.openMap(number)
        var content = mark
        for index in 0..<entries {
            content += try BPFPrograms.lookUp(map.number, key: index.hostBytes, valueBytes: 16)
        }
        try Files.replace(steps.finish.trafficFile, with: content)
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        UInt32(truncatingIfNeeded: number).hostBytes + UInt32(number >> 32).hostBytes
    }
}
