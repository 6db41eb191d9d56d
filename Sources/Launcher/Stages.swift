import Launch
import LinuxKernel

/// Runs `body` as part of `stage`: a system call that fails there fails the stage.
func during<Result: ~Copyable>(
    _ stage: Stage,
    _ body: () throws(SyscallError) -> Result
) throws(StageFailure) -> Result {
    do {
        return try body()
    } catch {
        throw StageFailure(stage, error)
    }
}
