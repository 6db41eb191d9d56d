/// Requests about queueing disciplines and filters; rtnetlink(7), tc(8).
public enum QueueMessages {
    /// What an interface sends, held to a rate by a token bucket; tc-tbf(8).
    ///
    /// `bytesPerSecond`: The rate.
    /// `burst`: Bytes that may go at once; at least the longest packet, which for offloaded TCP is 64 KiB.
    /// `queue`: Bytes that wait; what does not fit is dropped.
    public static func tokenBucket(
        index: UInt32,
        bytesPerSecond: UInt64,
        burst: UInt32,
        queue: UInt32
    ) -> NetlinkMessage {
        var message = request(36, [.create, .replace, .acknowledge], index, parent: 0xFFFF_FFFF, "tbf on \(index)")
        message.add(1, text: "tbf")
        message.nest(2) { options in
            // struct tc_tbf_qopt: rate and peak rate (struct tc_ratespec: cell_log u8, link layer u8, overhead u16,
            // cell_align i16, mpu u16, rate u32), limit u32, buffer u32, mtu u32. A link layer of Ethernet needs no table.
            let rate = UInt32(clamping: bytesPerSecond)
            let specification: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0] + rate.hostBytes
            let none = [UInt8](repeating: 0, count: 12)
            options.add(1, specification + none + queue.hostBytes + none.prefix(8))
            // TCA_TBF_RATE64 and TCA_TBF_BURST, which say it in full and in bytes.
            options.add(
                4,
                UInt32(truncatingIfNeeded: bytesPerSecond).hostBytes + UInt32(bytesPerSecond >> 32).hostBytes
            )
            options.add(6, host: burst)
        }
        return message
    }

    /// Takes the queueing discipline of an interface away.
    public static func removeRoot(index: UInt32) -> NetlinkMessage {
        request(37, .acknowledge, index, parent: 0xFFFF_FFFF, "root queue of \(index)")
    }

    /// The place where filters see what arrives at an interface.
    public static func ingress(index: UInt32) -> NetlinkMessage {
        var message = request(
            36,
            [.create, .exclusive, .acknowledge],
            index,
            handle: 0xFFFF_0000,
            parent: 0xFFFF_FFF1,
            "ingress of \(index)"
        )
        message.add(1, text: "ingress")
        return message
    }

    /// Takes that place away, and the filters with it.
    public static func removeIngress(index: UInt32) -> NetlinkMessage {
        request(37, .acknowledge, index, handle: 0xFFFF_0000, parent: 0xFFFF_FFF1, "ingress of \(index)")
    }

    /// Sends everything that arrives at an interface through the queue of another; tc-mirred(8).
    public static func redirect(index: UInt32, to target: UInt32) -> NetlinkMessage {
        // tcm_info: priority 1 above the protocol, ETH_P_ALL in network order.
        var message = request(
            44,
            [.create, .exclusive, .acknowledge],
            index,
            parent: 0xFFFF_0000,
            info: 1 << 16 | 0x0300,
            "redirection of \(index)"
        )
        message.add(1, text: "u32")
        message.nest(2) { options in
            // struct tc_u32_sel: flags (TC_U32_TERMINAL), offshift, nkeys 1, padding, four u16, hmask u32; then one key of
            // mask, value, offset and offset mask, all zero: everything matches.
            options.add(5, [1, 0, 1, 0] + [UInt8](repeating: 0, count: 12 + 16))
            options.nest(7) { actions in
                actions.nest(1) { action in
                    action.add(1, text: "mirred")
                    action.nest(2) { parameters in
                        // struct tc_mirred: index, capabilities, action (TC_ACT_STOLEN), two counts, eaction
                        // (TCA_EGRESS_REDIR), ifindex.
                        let words: [UInt32] = [0, 0, 4, 0, 0, 1, target]
                        parameters.add(2, words.flatMap(\.hostBytes))
                    }
                }
            }
        }
        return message
    }

    /// struct tcmsg: family u8, padding u8, padding u16, index i32, handle u32, parent u32, info u32.
    private static func request(
        _ type: UInt16,
        _ flags: NetlinkFlags,
        _ index: UInt32,
        handle: UInt32 = 0,
        parent: UInt32,
        info: UInt32 = 0,
        _ subject: String
    ) -> NetlinkMessage {
        let header: [UInt8] = [0, 0, 0, 0] + index.hostBytes + handle.hostBytes + parent.hostBytes + info.hostBytes
        return NetlinkMessage(type, flags, header: header, subject: "tc \(subject)")
    }
}
