import Glibc
import Launch
import LinuxKernel

/// The mounts that the launcher opened for the jail, in the plan's order.
struct HandedMounts: ~Copyable {
    private let numbers: [Int32]
    private let rootCount: Int

    private init(numbers: [Int32], rootCount: Int) {
        self.numbers = numbers
        self.rootCount = rootCount
    }

    deinit {
        for number in numbers { _ = OwnedDescriptor(owning: number) }
    }

    /// Mounts of the root: one directory, or each layer and then the writable directory.
    var root: ArraySlice<Int32> { numbers.prefix(rootCount) }

    /// The mount for ``LaunchPlan/sources`` number `index`.
    func source(_ index: UInt32) throws(SyscallError) -> Int32 {
        let place = rootCount + Int(index)
        guard numbers.indices.contains(place) else {
            throw SyscallError(call: "bind", subject: "source \(index) of the plan", errno: EINVAL)
        }
        return numbers[place]
    }

    /// Waits until the launcher has written the id maps and sent every mount.
    static func receive(_ plan: LaunchPlan, from socket: borrowing PacketSocket) throws(SyscallError) -> HandedMounts {
        var numbers: [Int32] = []
        while true {
            let packet = try socket.receive(limit: Message.byteLimit)
            numbers += packet.descriptors
            guard case .mapped(let more) = try? Message(packet: packet.bytes) else {
                throw SyscallError(call: "recvmsg", subject: "launcher", errno: packet.bytes.isEmpty ? EPIPE : EPROTO)
            }
            if more { continue }
            let all = HandedMounts(numbers: numbers, rootCount: plan.mountSources.count - plan.sources.count)
            guard numbers.count == plan.mountSources.count else {
                throw SyscallError(call: "recvmsg", subject: "\(numbers.count) mounts", errno: EPROTO)
            }
            return all
        }
    }
}
