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
    /// The pipe that `start` writes to; nil: the program starts at once.
    public var gate: Int32?
    /// The locked file that says until when the container is created and not running.
    public var lock: Int32
    /// Where the terminal goes.
    public var console: Int32?

    /// Every descriptor that the container's process needs.
    var all: [Int32] {
        ([root, gate, console, lock] + sources + shifts).compactMap { $0 }
    }

    /// Nothing but the lock.
    public init(lock: Int32, gate: Int32? = nil, console: Int32? = nil) {
        self.lock = lock
        self.gate = gate
        self.console = console
        root = nil
        sources = []
        shifts = []
    }
}
