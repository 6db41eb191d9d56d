import Hypervisor
import Launch
import Launcher
import LinuxKernel
import Profiles
import Templates

/// Jails that hold the monitor of a virtual machine.
extension Engine {
    /// Virtual machines over the same state.
    public var hypervisor: Hypervisor { Hypervisor(layout: layout, initProgram: initProgram) }

    /// The machine that a request asks for; nil for a jail.
    func machine(
        for request: JailRequest,
        _ template: TemplateManifest?,
        _ name: String
    ) throws(EngineError) -> Machine? {
        guard request.spec.backend.value != .jail else { return nil }
        let layers = template.map { manifest in
            manifest.layers.map { (digest: "\($0)", directory: store.rootfs(of: $0)) }
        }
        let asked = Hypervisor.Request(
            layers: layers,
            name: name,
            stateDirectory: layout.stateDirectory(name),
            terminal: request.terminal,
            input: request.interactive && !request.detached
        )
        do throws(HypervisorError) {
            return try hypervisor.translate(request.spec, asked) { Report.say("bailey: \($0)", to: 2) }
        } catch {
            throw EngineError(error)
        }
    }

    /// What a machine was started with.
    func machineProcess(_ name: String) throws(EngineError) -> MachineProcess {
        let path = Machine.folder(layout.stateDirectory(name)) + "/start"
        let bytes = try attempting("reading how \(name) was started") { () throws(SyscallError) in
            try Files.readBytes(path, limit: 1 << 20)
        }
        do throws(PlanFormatError) { return try PlanEnvelope.decode(bytes, as: MachineStart.self).process } catch {
            throw .refused("entering \(name): \(error): it was started by another version: start it again")
        }
    }

    func makeState(of machine: Machine, in stateDirectory: String) throws(EngineError) {
        do throws(HypervisorError) { try machine.makeState(in: stateDirectory) } catch { throw EngineError(error) }
    }
}

extension EngineError {
    init(_ error: HypervisorError) {
        switch error {
        case .invalid(let findings): self = .invalid(findings)
        case .refused(let text): self = .refused(text)
        case .failed(let attempt, let cause): self = .failed(attempt: attempt, cause, advice: nil)
        }
    }
}

extension JailRecord {
    /// Its first words start a monitor: the guest is a virtual machine.
    public var isMachine: Bool { plan.process.arguments.starts(with: ["/machine/init", "machine"]) }

    /// What the guest runs; of a machine, what runs in it and not the monitor.
    public var guestCommand: [String] {
        isMachine ? Array(plan.process.arguments.dropFirst(4)) : plan.process.arguments
    }
}

extension EntryRequest {
    /// The same request, carried to the agent of a machine by a process in its monitor's jail.
    ///
    /// `first` is the machine's own process: its environment, directory and user hold here too.
    func throughMonitor(of first: MachineProcess) -> EntryRequest {
        var entries = first.environment.filter { terminal || !$0.hasPrefix("TERM=") }
        if terminal, !entries.contains(where: { $0.hasPrefix("TERM=") }) { entries.append("TERM=xterm") }
        for entry in environment {
            let name = entry.prefix { $0 != "=" } + "="
            entries.removeAll { $0.hasPrefix(name) }
            entries.append(entry)
        }
        let process = MachineProcess(
            arguments: command,
            environment: entries,
            directory: directory ?? first.directory,
            user: user.map { "\($0)" } ?? first.user,
            terminal: terminal,
            input: interactive
        )
        let text = Hexadecimal.text(PlanEnvelope.encode(process))
        var request = EntryRequest(command: ["/machine/init", "machine-entry", text])
        (request.terminal, request.interactive) = (terminal, interactive)
        return request
    }
}
