// The binary form of each part of a plan: its stored properties, in the order they are declared.

extension LaunchPlan: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        jail.encode(to: &writer)
        identity.encode(to: &writer)
        namespaces.encode(to: &writer)
        cgroups.encode(to: &writer)
        stage.encode(to: &writer)
        root.encode(to: &writer)
        sources.encode(to: &writer)
        steps.encode(to: &writer)
        hostname.encode(to: &writer)
        privileges.encode(to: &writer)
        process.encode(to: &writer)
        streams.encode(to: &writer)
        network.encode(to: &writer)
        finish.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            jail: try String(from: &reader),
            identity: try IdentityMap(from: &reader),
            namespaces: try NamespaceSet(from: &reader),
            cgroups: try CgroupSteps(from: &reader),
            stage: try String(from: &reader),
            root: try RootSource(from: &reader),
            sources: try [BindSource](from: &reader),
            steps: try [RootStep](from: &reader),
            hostname: try String(from: &reader),
            privileges: try Privileges(from: &reader),
            process: try GuestProcess(from: &reader),
            streams: try Streams(from: &reader),
            network: try NetworkSteps(from: &reader),
            finish: try Finish(from: &reader)
        )
    }
}

extension EnterPlan: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        jail.encode(to: &writer)
        initProcess.encode(to: &writer)
        initStartTime.encode(to: &writer)
        namespaces.encode(to: &writer)
        cgroups.encode(to: &writer)
        privileges.encode(to: &writer)
        process.encode(to: &writer)
        streams.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            jail: try String(from: &reader),
            initProcess: try UInt32(from: &reader),
            initStartTime: try UInt64(from: &reader),
            namespaces: try NamespaceSet(from: &reader),
            cgroups: try [String](from: &reader),
            privileges: try Privileges(from: &reader),
            process: try GuestProcess(from: &reader),
            streams: try Streams(from: &reader)
        )
    }
}

extension IdentityMap: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        hostBase.encode(to: &writer)
        count.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            hostBase: try UInt32(from: &reader),
            count: try UInt32(from: &reader)
        )
    }
}

extension CgroupSteps: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        parents.encode(to: &writer)
        directories.encode(to: &writer)
        bornInside.encode(to: &writer)
        deviceProgram.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            parents: try [CgroupParent](from: &reader),
            directories: try [CgroupDirectory](from: &reader),
            bornInside: try Bool(from: &reader),
            deviceProgram: try [UInt8](from: &reader)
        )
    }
}

extension CgroupParent: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        path.encode(to: &writer)
        writes.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            path: try String(from: &reader),
            writes: try [CgroupWrite](from: &reader)
        )
    }
}

extension CgroupDirectory: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        path.encode(to: &writer)
        writes.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            path: try String(from: &reader),
            writes: try [CgroupWrite](from: &reader)
        )
    }
}

extension CgroupWrite: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        file.encode(to: &writer)
        value.encode(to: &writer)
        optional.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            file: try String(from: &reader),
            value: try String(from: &reader),
            optional: try Bool(from: &reader)
        )
    }
}

extension BindSource: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        path.encode(to: &writer)
        recursive.encode(to: &writer)
        shifted.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            path: try String(from: &reader),
            recursive: try Bool(from: &reader),
            shifted: try Bool(from: &reader)
        )
    }
}

extension Privileges: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        capabilities.encode(to: &writer)
        noNewPrivileges.encode(to: &writer)
        filter.encode(to: &writer)
        uid.encode(to: &writer)
        gid.encode(to: &writer)
        groups.encode(to: &writer)
        limits.encode(to: &writer)
        oomScore.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            capabilities: try CapabilitySets(from: &reader),
            noNewPrivileges: try Bool(from: &reader),
            filter: try [UInt8](from: &reader),
            uid: try UInt32(from: &reader),
            gid: try UInt32(from: &reader),
            groups: try [UInt32](from: &reader),
            limits: try [ResourceLimit](from: &reader),
            oomScore: try Int32?(from: &reader)
        )
    }
}

extension CapabilitySets: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        bounding.encode(to: &writer)
        effective.encode(to: &writer)
        permitted.encode(to: &writer)
        inheritable.encode(to: &writer)
        ambient.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            bounding: try UInt64(from: &reader),
            effective: try UInt64(from: &reader),
            permitted: try UInt64(from: &reader),
            inheritable: try UInt64(from: &reader),
            ambient: try UInt64(from: &reader)
        )
    }
}

extension ResourceLimit: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        resource.encode(to: &writer)
        soft.encode(to: &writer)
        hard.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            resource: try UInt32(from: &reader),
            soft: try UInt64(from: &reader),
            hard: try UInt64(from: &reader)
        )
    }
}

extension GuestProcess: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        isInit.encode(to: &writer)
        arguments.encode(to: &writer)
        environment.encode(to: &writer)
        directory.encode(to: &writer)
        graceMilliseconds.encode(to: &writer)
        stopSignal.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            isInit: try Bool(from: &reader),
            arguments: try [String](from: &reader),
            environment: try [String](from: &reader),
            directory: try String(from: &reader),
            graceMilliseconds: try UInt32(from: &reader),
            stopSignal: try Int32(from: &reader)
        )
    }
}

extension Streams: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        terminal.encode(to: &writer)
        input.encode(to: &writer)
        log.encode(to: &writer)
        logBytes.encode(to: &writer)
        logFiles.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            terminal: try Bool(from: &reader),
            input: try Bool(from: &reader),
            log: try String(from: &reader),
            logBytes: try UInt64(from: &reader),
            logFiles: try UInt32(from: &reader)
        )
    }
}

extension Finish: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        record.encode(to: &writer)
        stateDirectory.encode(to: &writer)
        removeState.encode(to: &writer)
        identityClaim.encode(to: &writer)
        keepState.encode(to: &writer)
        run.encode(to: &writer)
        counters.encode(to: &writer)
        laterGroups.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            record: try String(from: &reader),
            stateDirectory: try String(from: &reader),
            removeState: try Bool(from: &reader),
            identityClaim: try String(from: &reader),
            keepState: try Bool(from: &reader),
            run: try UInt64(from: &reader),
            counters: try [String](from: &reader),
            laterGroups: try [String](from: &reader)
        )
    }
}

extension NamespaceSet: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) { rawValue.encode(to: &writer) }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(rawValue: try UInt64(from: &reader))
        guard isSubset(of: .all) else { throw reader.unknown("namespace bits", rawValue) }
    }
}

extension RootSource: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        switch self {
        case .directory(let path, let readOnly):
            UInt8(1).encode(to: &writer)
            path.encode(to: &writer)
            readOnly.encode(to: &writer)
        case .overlay(let layers, let upper, let work, let volatile):
            UInt8(2).encode(to: &writer)
            layers.encode(to: &writer)
            upper.encode(to: &writer)
            work.encode(to: &writer)
            volatile.encode(to: &writer)
        case .image(let layers, let image, let volatile):
            UInt8(3).encode(to: &writer)
            layers.encode(to: &writer)
            image.encode(to: &writer)
            volatile.encode(to: &writer)
        }
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        let tag = try UInt8(from: &reader)
        switch tag {
        case 1: self = .directory(path: try String(from: &reader), readOnly: try Bool(from: &reader))
        case 2:
            self = .overlay(
                layers: try [String](from: &reader),
                upper: try String(from: &reader),
                work: try String(from: &reader),
                volatile: try Bool(from: &reader)
            )
        case 3:
            self = .image(
                layers: try [String](from: &reader),
                image: try String(from: &reader),
                volatile: try Bool(from: &reader)
            )
        default: throw reader.unknown("root source", UInt64(tag))
        }
    }
}
