import Glibc
import Launch
import LinuxKernel

/// Hangs the programs of a shared network on the jail's cgroup.
enum ProgramActions {
    /// Loads and attaches every program, around one table of counters.
    ///
    /// - Precondition: The cgroup is there, and no process of the guest is in it yet.
    /// - Throws: The first failure; programs that hang already go with the cgroup.
    static func attach(_ steps: NetworkSteps) throws(SyscallError) {
        guard !steps.programs.isEmpty else { return }
        let cgroup = try Files.open(steps.programDirectory, O_RDONLY | O_DIRECTORY)
        // BPF_MAP_TYPE_ARRAY of packets and bytes.
        let counters = try BPFPrograms.makeMap(type: 2, keyBytes: 4, valueBytes: 16, entries: 8, name: "bailey_count")
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
}
