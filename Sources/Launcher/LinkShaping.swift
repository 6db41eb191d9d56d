import Glibc
import Launch
import LinuxKernel

/// Rates of a jail's link, set with it and changed while it runs.
///
/// What comes into the jail waits in the queue of the end outside. What leaves the jail arrives there, where nothing waits:
/// so it is sent through the queue of an interface of its own (ifb) first.
public enum LinkShaping {
    /// Changes what may come into a running jail; nil lifts the limit.
    public static func change(_ pair: PairStep, ingress: Shape?) throws(SyscallError) {
        let route = try NetlinkSocket(.route)
        let index = try route.interfaceIndex(pair.host)
        if let ingress { return try setIngress(ingress, index, route) }
        try unlessMissing(route, QueueMessages.removeRoot(index: index))
    }

    /// Changes what may leave a running jail; nil lifts the limit, and the interface of its queue goes.
    public static func change(_ pair: PairStep, egress: Shape?) throws(SyscallError) {
        let route = try NetlinkSocket(.route)
        let index = try route.interfaceIndex(pair.host)
        guard let egress else {
            // The way past the queue first: nothing is lost.
            try unlessMissing(route, QueueMessages.removeIngress(index: index))
            return try unlessMissing(route, LinkMessages.delete(pair.queue))
        }
        if let queue = try? route.interfaceIndex(pair.queue) {
            try route.perform([bucket(egress, queue)])
        } else {
            try setEgress(egress, pair.queue, index, route)
        }
    }

    /// The token bucket takes the place of the one before without a packet lost.
    static func setIngress(_ shape: Shape, _ index: UInt32, _ route: borrowing NetlinkSocket) throws(SyscallError) {
        try route.perform([bucket(shape, index)])
    }

    static func setEgress(
        _ shape: Shape,
        _ name: String,
        _ index: UInt32,
        _ route: borrowing NetlinkSocket
    ) throws(SyscallError) {
        try route.perform([LinkMessages.newIntermediate(name, groupNumber: 0xBA11_0004)])
        let queue = try route.interfaceIndex(name)
        // The queue stands before anything is sent through it.
        try route.perform([
            bucket(shape, queue), QueueMessages.ingress(index: index), QueueMessages.redirect(index: index, to: queue),
        ])
    }

    private static func bucket(_ shape: Shape, _ index: UInt32) -> NetlinkMessage {
        QueueMessages.tokenBucket(
            index: index,
            bytesPerSecond: shape.bytesPerSecond,
            burst: shape.burst,
            queue: shape.queue
        )
    }

    private static func unlessMissing(
        _ route: borrowing NetlinkSocket,
        _ message: NetlinkMessage
    ) throws(SyscallError) {
        do throws(SyscallError) {
            try route.perform([message])
        } catch  where [ENOENT, ENODEV, EINVAL].contains(error.errno) {}
    }
}
