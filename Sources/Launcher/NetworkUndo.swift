import Glibc
import Launch
import LinuxKernel

extension NetworkActions {
    /// Removes what ``make(_:for:)`` made, whether all of it, some or none is there.
    ///
    /// The link itself goes with the jail's network namespace, a moment later; nobody waits for that. A connection that its
    /// other end has not closed keeps the namespace for minutes: so somebody looks again.
    ///
    /// - Returns: What could not be removed.
    static func undo(_ steps: NetworkSteps) -> [SyscallError] {
        var failures: [SyscallError] = []
        func attempt(_ body: () throws(SyscallError) -> Void) {
            do { try body() } catch { if !isGone(error) { failures.append(error) } }
        }
        // First of all: nobody is led any more to what is going.
        if let sites = steps.finish.sites { attempt { () throws(SyscallError) in try withdraw(sites) } }
        if !steps.rules.add.isEmpty { attempt { () throws(SyscallError) in try removeRules(steps) } }
        attempt { () throws(SyscallError) in try ProgramActions.keepCounters(steps) }
        if let names = steps.finish.names { attempt { () throws(SyscallError) in try clear(names) } }
        attempt { () throws(SyscallError) in try removeLinks(steps) }
        return failures
    }

    private static func isGone(_ error: SyscallError) -> Bool {
        [ENOENT, ENODEV, ESRCH, EADDRNOTAVAIL].contains(error.errno)
    }

    /// All at once; where something is missing already, one by one.
    private static func removeRules(_ steps: NetworkSteps) throws(SyscallError) {
        let netfilter = try NetlinkSocket(.netfilter)
        if !steps.finish.trafficFile.isEmpty { try? keepCounters(steps, netfilter) }
        let messages = messages(steps.rules.remove)
        do throws(SyscallError) {
            try netfilter.transact(messages)
        } catch  where isGone(error) {
            var first: SyscallError?
            for message in messages {
                do throws(SyscallError) { try netfilter.transact([message]) } catch {
                    if !isGone(error) { first = first ?? error }
                }
            }
            if let first { throw first }
        }
    }

    /// The answers are kept as they are: what they mean is the reader's matter.
    private static func keepCounters(_ steps: NetworkSteps, _ netfilter: borrowing NetlinkSocket) throws(SyscallError) {
        var bytes: [UInt8] = []
        for message in messages(steps.rules.count) {
            for reply in try netfilter.list(message) {
                bytes += UInt32(reply.payload.count + 16).hostBytes + UInt32(reply.type).hostBytes
                bytes += [UInt8](repeating: 0, count: 8) + reply.payload
                bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
            }
        }
        try Files.replace(steps.finish.trafficFile, with: bytes)
    }

    /// A line of spaces in place of the jail's: others have the file open, so it must neither move nor shrink.
    private static func clear(_ step: NameStep) throws(SyscallError) {
        let file = try Files.open(step.file, O_WRONLY | O_NOFOLLOW)
        let blank = [UInt8](repeating: UInt8(ascii: " "), count: Int(step.length) - 1) + [UInt8(ascii: "\n")]
        try Files.writeAt(file.number, blank, offset: Int64(step.offset), named: step.file)
    }

    private static func removeLinks(_ steps: NetworkSteps) throws(SyscallError) {
        let route = try NetlinkSocket(.route)
        var messages: [NetlinkMessage] = []
        if case .pair(let pair) = steps.link {
            if !pair.bridge.isEmpty, let bridge = try? route.interfaceIndex(pair.bridge) {
                messages += pair.neighbours.map { AddressMessages.forgetNeighbour($0, index: bridge) }
            }
            if !pair.queue.isEmpty { messages.append(LinkMessages.delete(pair.queue)) }
            removeLater(pair.host)
        }
        for step in steps.hostAddresses {
            guard let index = try? route.interfaceIndex(step.interface) else { continue }
            messages += step.addresses.map { AddressMessages.removeAddress($0, index: index) }
        }
        for message in messages {
            do throws(SyscallError) { try route.perform([message]) } catch  where isGone(error) {}
        }
    }

    /// Leaves a process behind that removes the link if it is still there when its namespace should long be gone.
    ///
    /// To remove it here takes up to twenty milliseconds, for which the jail's end and the next start would wait. Its name is
    /// never used again, so it is no other's.
    private static func removeLater(_ link: String) {
        do throws(SyscallError) {
            guard let child = try Processes.clone(flags: 0) else { removeInChild(link) }
            _ = child.pid
        } catch {
            // Then the kernel removes it, when the last connection has given up.
        }
    }

    /// Holds nothing that anybody waits for: no descriptor, and no terminal.
    private static func removeInChild(_ link: String) -> Never {
        try? ProcessAttributes.closeDescriptors(from: 0)
        try? Processes.startSession()
        Events.sleep(milliseconds: 300)
        try? NetlinkSocket(.route).perform([LinkMessages.delete(link)])
        Processes.exit(0)
    }

    /// Removes what all jails use, when this is the last of them.
    ///
    /// A start makes its entry below `jails` and looks for the base under the same lock: so either it is seen here, or it
    /// finds nothing and makes everything anew.
    static func removeBase(_ base: BaseStep, last jail: String) throws(SyscallError) {
        let lock = try Files.open(base.lock, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        _ = try FileLock.take(lock.number, named: base.lock, wait: true)
        try? Files.remove("\(base.jails)/\(jail)")
        guard try Files.list(base.jails).isEmpty else { return }
        let netfilter = try NetlinkSocket(.netfilter)
        for message in messages(base.remove) {
            do throws(SyscallError) { try netfilter.transact([message]) } catch  where isGone(error) {}
        }
        let route = try NetlinkSocket(.route)
        for link in try route.list(LinkMessages.list()).compactMap(NetworkInterface.init)
        where link.alias.hasPrefix(base.alias) {
            do throws(SyscallError) { try route.perform([LinkMessages.delete(link.name)]) } catch  where isGone(error) {
            }
        }
        try putBack(base.parameters)
    }

    /// What Bailey had turned on for its jails is turned off again.
    private static func putBack(_ list: String) throws(SyscallError) {
        guard let text = try? Files.readText(list) else { return }
        for line in text.split(separator: "\n") {
            guard let equals = line.lastIndex(of: "=") else { continue }
            try Files.writeKernelFile(String(line[..<equals]), String(line[line.index(after: equals)...]))
        }
        try Files.remove(list)
    }
}
