/// What the process beside a virtual machine monitor needs: the monitor's command line, and what the guest is to run.
///
/// Written by the caller into the monitor's jail, read there by `bailey-init machine`.
public struct MachineStart: Equatable, Sendable {
    /// The monitor: program and arguments, as the jail sees them.
    public var monitor: [String]
    /// The unix socket that the monitor connects to the guest's first port.
    public var port: String
    /// Where the guest kernel's console is written.
    public var console: String
    /// How long the guest may take until its agent answers, ms.
    public var bootMilliseconds: UInt32
    /// What the guest's first process sets up.
    public var setup: MachineSetup
    /// What runs in it.
    public var process: MachineProcess

    /// Makes a start from all its parts.
    public init(
        monitor: [String],
        port: String,
        console: String,
        bootMilliseconds: UInt32,
        setup: MachineSetup,
        process: MachineProcess
    ) {
        self.monitor = monitor
        self.port = port
        self.console = console
        self.bootMilliseconds = bootMilliseconds
        self.setup = setup
        self.process = process
    }
}

/// What `bailey-init` does as `/init` of a virtual machine before anything of the guest runs.
public struct MachineSetup: Equatable, Sendable {
    /// The guest's host name.
    public var hostname: String
    /// How many read-only disks there are, topmost layer first; the writable one comes after them.
    public var layers: UInt32
    /// Close the root file system after mount points were made.
    public var readOnlyRoot: Bool
    /// The guest's address with its prefix, gateway and name server; nil without a network.
    public var network: MachineNetwork?
    /// Only say that the machine came up, and turn it off.
    public var isCanary: Bool

    /// Makes a set-up.
    public init(
        hostname: String,
        layers: UInt32,
        readOnlyRoot: Bool = false,
        network: MachineNetwork? = nil,
        isCanary: Bool = false
    ) {
        self.hostname = hostname
        self.layers = layers
        self.readOnlyRoot = readOnlyRoot
        self.network = network
        self.isCanary = isCanary
    }
}

/// The one interface of a virtual machine.
public struct MachineNetwork: Equatable, Sendable {
    /// Four bytes.
    public var address: [UInt8]
    /// Bits of the network.
    public var prefix: UInt8
    /// Four bytes.
    public var gateway: [UInt8]
    /// The text of `/etc/resolv.conf`.
    public var resolver: String

    /// Makes a network.
    public init(address: [UInt8], prefix: UInt8, gateway: [UInt8], resolver: String) {
        self.address = address
        self.prefix = prefix
        self.gateway = gateway
        self.resolver = resolver
    }
}

/// One process to run in a virtual machine.
public struct MachineProcess: Equatable, Sendable {
    /// Program and arguments.
    public var arguments: [String]
    /// `NAME=value` entries; nothing else is inherited.
    public var environment: [String]
    /// Working directory inside.
    public var directory: String
    /// `USER[:GROUP]`, names or numbers, looked up inside; empty for root.
    public var user: String
    /// Give it a terminal.
    public var terminal: Bool
    /// Pass the caller's input on.
    public var input: Bool
    /// The terminal's size.
    public var rows: UInt32
    /// The terminal's size.
    public var columns: UInt32

    /// Makes a process.
    public init(
        arguments: [String],
        environment: [String],
        directory: String,
        user: String,
        terminal: Bool,
        input: Bool,
        rows: UInt32 = 24,
        columns: UInt32 = 80
    ) {
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.user = user
        self.terminal = terminal
        self.input = input
        self.rows = rows
        self.columns = columns
    }
}

extension MachineStart: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        monitor.encode(to: &writer)
        port.encode(to: &writer)
        console.encode(to: &writer)
        bootMilliseconds.encode(to: &writer)
        setup.encode(to: &writer)
        process.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            monitor: try [String](from: &reader),
            port: try String(from: &reader),
            console: try String(from: &reader),
            bootMilliseconds: try UInt32(from: &reader),
            setup: try MachineSetup(from: &reader),
            process: try MachineProcess(from: &reader)
        )
    }
}

extension MachineSetup: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        hostname.encode(to: &writer)
        layers.encode(to: &writer)
        readOnlyRoot.encode(to: &writer)
        network.encode(to: &writer)
        isCanary.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            hostname: try String(from: &reader),
            layers: try UInt32(from: &reader),
            readOnlyRoot: try Bool(from: &reader),
            network: try MachineNetwork?(from: &reader),
            isCanary: try Bool(from: &reader)
        )
    }
}

extension MachineNetwork: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        address.encode(to: &writer)
        prefix.encode(to: &writer)
        gateway.encode(to: &writer)
        resolver.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            address: try [UInt8](from: &reader),
            prefix: try UInt8(from: &reader),
            gateway: try [UInt8](from: &reader),
            resolver: try String(from: &reader)
        )
    }
}

extension MachineProcess: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        arguments.encode(to: &writer)
        environment.encode(to: &writer)
        directory.encode(to: &writer)
        user.encode(to: &writer)
        terminal.encode(to: &writer)
        input.encode(to: &writer)
        rows.encode(to: &writer)
        columns.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        self.init(
            arguments: try [String](from: &reader),
            environment: try [String](from: &reader),
            directory: try String(from: &reader),
            user: try String(from: &reader),
            terminal: try Bool(from: &reader),
            input: try Bool(from: &reader),
            rows: try UInt32(from: &reader),
            columns: try UInt32(from: &reader)
        )
    }
}
