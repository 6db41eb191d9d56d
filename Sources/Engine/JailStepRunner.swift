import LinuxKernel
import Profiles
import Templates

/// Runs the steps of a template in a jail made for each of them: nothing of a template runs on the host itself.
public struct JailStepRunner: StepRunner {
    private let engine: Engine

    /// A runner that makes its jails with `engine`.
    public init(_ engine: Engine) {
        self.engine = engine
    }

    /// Runs one step; see `StepRunner`.
    public func run(_ step: StepCommand, output: (String) -> Void) throws(StepRunnerError) -> Int32 {
        if step.needsNetwork {
            throw StepRunnerError(
                reason: "the step needs the network, which jails of this version do not have: leave network: out"
            )
        }
        var spec = JailSpec()
        let origin = Origin.flag("template step")
        spec.rootfs = Setting(step.rootfs, origin)
        spec.command = Setting(step.arguments, origin)
        spec.hostname = Setting("build", origin)
        spec.workingDirectory = Setting(step.workingDirectory, origin)
        spec.environment = step.environment.compactMap { entry in
            guard let equals = entry.firstIndex(of: "=") else { return nil }
            let value = String(entry[entry.index(after: equals)...])
            return Setting(EnvironmentVariable(name: String(entry[..<equals]), value: value), origin)
        }
        do {
            // The first steps of a Debian run before there is an account file that could name root.
            spec.user = Setting(step.user == "root" ? .root : try UserSpec(parsing: step.user), origin)
            var request = JailRequest(spec: spec)
            request.remove = true
            return try engine.runToEnd(engine.prepare(request), output: output)
        } catch {
            throw StepRunnerError(reason: "\(error)")
        }
    }

    /// Unpacks an OCI image; see `StepRunner`.
    ///
    /// umoci makes the directory that it fills: what it made is then moved up to where the build expects it.
    public func unpack(
        image layout: String,
        into rootfs: String,
        output: (String) -> Void
    ) throws(StepRunnerError) -> Int32 {
        do {
            let aside = rootfs + ".unpacked"
            try Files.makeDirectory(aside, mode: 0o755)
            defer { try? Files.removeTree(aside) }
            let status = try ConfinedTar(engine: engine).unpack(image: layout, into: aside, output)
            guard status == 0 else { return status }
            try Files.removeDirectory(rootfs)
            try Files.rename("\(aside)/rootfs", to: rootfs)
            return 0
        } catch {
            throw StepRunnerError(reason: "\(error)")
        }
    }
}
