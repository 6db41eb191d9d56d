import Launch
import LinuxKernel

/// Descriptors that the runtime opens before the container's process exists, and that this process inherits.
///
/// Plain numbers: both sides hold them until the process that needs them executes another program or ends.
public struct ContainerHands: Sendable {
    /// The root as a detached mount; nil: the process opens it itself, since its caller may not.
    var root: Int32?
    /// A detached mount for each bind in the plan; nil: the process opens it itself.
    var sources: [Int32?]
    /// A user namespace with the map of each idmapped mount.
    var shifts: [Int32?]
    /// The pipe that `start` writes to, locked: until execve closes it the container is created and not running.
    public var gate: Int32
    /// The process waits for a byte from the pipe; otherwise the program starts at once.
    public var waits: Bool
    /// Where the terminal goes.
    public var console: Int32?

    /// Every descriptor that the container's process needs.
    var all: [Int32] {
        ([root, gate, console] + sources + shifts).compactMap { $0 }
    }

    /// Nothing but the pipe and the console.
    public init(gate: Int32, waits: Bool, console: Int32? = nil) {
        self.gate = gate
        self.waits = waits
        self.console = console
        root = nil
        sources = []
        shifts = []
    }
}
