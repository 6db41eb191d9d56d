// The binary form of the parts of a plan that are about the network.

/// Bytes as one block; an array would be written element by element.
private struct Block: PlanValue {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func encode(to writer: inout PlanWriter) {
        UInt32(bytes.count).encode(to: &writer)
        writer.append(raw: bytes)
    }

    init(from reader: inout PlanReader) throws(PlanFormatError) {
        bytes = Array(try reader.take(Int(try UInt32(from: &reader))))
    }
}

/// Several blocks.
private struct Blocks: PlanValue {
    let list: [[UInt8]]

    init(_ list: [[UInt8]]) { self.list = list }

    func encode(to writer: inout PlanWriter) { list.map(Block.init).encode(to: &writer) }

    init(from reader: inout PlanReader) throws(PlanFormatError) { list = try [Block](from: &reader).map(\.bytes) }
}

extension NetworkSteps: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        mode.encode(to: &writer)
        network.encode(to: &writer)
        Blocks(addresses).encode(to: &writer)
        link.encode(to: &writer)
        inside.encode(to: &writer)
        hostAddresses.encode(to: &writer)
        rules.encode(to: &writer)
        programs.encode(to: &writer)
        programDirectory.encode(to: &writer)
        programCounters.encode(to: &writer)
        scopesSockets.encode(to: &writer)
        finish.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(mode: try String(from: &reader))
        network = try String(from: &reader)
        addresses = try Blocks(from: &reader).list
        link = try LinkStep?(from: &reader)
        inside = try InterfaceSteps?(from: &reader)
        hostAddresses = try [HostAddressStep](from: &reader)
        rules = try RuleSteps(from: &reader)
        programs = try [CgroupProgram](from: &reader)
        programDirectory = try String(from: &reader)
        programCounters = try [UInt64](from: &reader)
        scopesSockets = try Bool(from: &reader)
        finish = try NetworkFinish(from: &reader)
    }
}

extension RuleSteps: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        Blocks(add).encode(to: &writer)
        Blocks(remove).encode(to: &writer)
        Blocks(count).encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init()
        add = try Blocks(from: &reader).list
        remove = try Blocks(from: &reader).list
        count = try Blocks(from: &reader).list
    }
}

extension NetworkFinish: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        trafficFile.encode(to: &writer)
        claims.encode(to: &writer)
        names.encode(to: &writer)
        base.encode(to: &writer)
        transfer.encode(to: &writer)
        sites.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init()
        trafficFile = try String(from: &reader)
        claims = try [String](from: &reader)
        names = try NameStep?(from: &reader)
        base = try BaseStep?(from: &reader)
        transfer = try TransferStep?(from: &reader)
        sites = try SiteStep?(from: &reader)
    }
}

extension SiteStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        for text in [lock, folder, file, processFile, configuration] { text.encode(to: &writer) }
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            lock: try String(from: &reader),
            folder: try String(from: &reader),
            file: try String(from: &reader),
            processFile: try String(from: &reader),
            configuration: try String(from: &reader)
        )
    }
}

extension TransferStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        object.encode(to: &writer)
        bytes.encode(to: &writer)
        period.encode(to: &writer)
        note.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            object: try String(from: &reader),
            bytes: try UInt64(from: &reader),
            period: try String(from: &reader),
            note: try String(from: &reader)
        )
    }
}

extension PairStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        host.encode(to: &writer)
        bridge.encode(to: &writer)
        group.encode(to: &writer)
        mtu.encode(to: &writer)
        Block(hardwareAddress).encode(to: &writer)
        Blocks(neighbours).encode(to: &writer)
        gateways.encode(to: &writer)
        routed.encode(to: &writer)
        ingress.encode(to: &writer)
        egress.encode(to: &writer)
        queue.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            host: try String(from: &reader),
            bridge: try String(from: &reader),
            group: try UInt32(from: &reader),
            mtu: try UInt32(from: &reader),
            hardwareAddress: try Block(from: &reader).bytes,
            neighbours: try Blocks(from: &reader).list,
            gateways: try [InterfaceAddressStep](from: &reader),
            routed: try Bool(from: &reader),
            ingress: try Shape?(from: &reader),
            egress: try Shape?(from: &reader),
            queue: try String(from: &reader)
        )
    }
}

extension Shape: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        bytesPerSecond.encode(to: &writer)
        burst.encode(to: &writer)
        queue.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            bytesPerSecond: try UInt64(from: &reader),
            burst: try UInt32(from: &reader),
            queue: try UInt32(from: &reader)
        )
    }
}

extension InterfaceSteps: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        name.encode(to: &writer)
        addresses.encode(to: &writer)
        Blocks(gateways).encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            name: try String(from: &reader),
            addresses: try [InterfaceAddressStep](from: &reader),
            gateways: try Blocks(from: &reader).list
        )
    }
}

extension HostAddressStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        interface.encode(to: &writer)
        Blocks(addresses).encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            interface: try String(from: &reader),
            addresses: try Blocks(from: &reader).list
        )
    }
}

extension CgroupProgram: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        type.encode(to: &writer)
        attachType.encode(to: &writer)
        name.encode(to: &writer)
        Block(instructions).encode(to: &writer)
        counterLoads.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            type: try UInt32(from: &reader),
            attachType: try UInt32(from: &reader),
            name: try String(from: &reader),
            instructions: try Block(from: &reader).bytes,
            counterLoads: try [UInt32](from: &reader)
        )
    }
}

extension NameStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        file.encode(to: &writer)
        offset.encode(to: &writer)
        length.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            file: try String(from: &reader),
            offset: try UInt64(from: &reader),
            length: try UInt64(from: &reader)
        )
    }
}

extension BaseStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        lock.encode(to: &writer)
        jails.encode(to: &writer)
        alias.encode(to: &writer)
        Blocks(remove).encode(to: &writer)
        parameters.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            lock: try String(from: &reader),
            jails: try String(from: &reader),
            alias: try String(from: &reader),
            remove: try Blocks(from: &reader).list,
            parameters: try String(from: &reader)
        )
    }
}

extension InterfaceAddressStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        Block(address).encode(to: &writer)
        prefix.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        let address = try Block(from: &reader).bytes
        self.init(address, prefix: try UInt8(from: &reader))
    }
}

extension LinkStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        switch self {
        case .pair(let pair):
            UInt8(1).encode(to: &writer)
            pair.encode(to: &writer)
        case .macvlan(let parent, let mode, let hardwareAddress, let mtu):
            UInt8(2).encode(to: &writer)
            parent.encode(to: &writer)
            mode.encode(to: &writer)
            Block(hardwareAddress).encode(to: &writer)
            mtu.encode(to: &writer)
        }
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        let tag = try UInt8(from: &reader)
        switch tag {
        case 1: self = .pair(try PairStep(from: &reader))
        case 2:
            self = .macvlan(
                parent: try String(from: &reader),
                mode: try UInt32(from: &reader),
                hardwareAddress: try Block(from: &reader).bytes,
                mtu: try UInt32(from: &reader)
            )
        default: throw reader.unknown("link", UInt64(tag))
        }
    }
}
