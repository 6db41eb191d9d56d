import ArgumentParser
import ControlAPI
import Engine
import Glibc
import LinuxKernel
import StartCommands

/// `bailey top`.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Shows what jails use, as it changes.",
        discussion: "Keys: c processor, m memory, i disk, p processes, f faults, t by tenant or by jail, q ends."
    )

    /// What rows are sorted by.
    enum Order: String, ExpressibleByArgument, CaseIterable {
        case cpu, memory, io, pids, faults
    }

    @Option(name: .shortAndLong, help: "Sort by cpu, memory, io, pids or faults.")
    var sort = Order.cpu

    @Flag(help: "One row per tenant.")
    var tenants = false

    @Flag(help: "Print once and end.")
    var once = false

    @Flag(help: "Print once, as JSON.")
    var json = false

    func run() throws {
        let control = try Control.required(try Installation.engine(), for: "watching jails")
        if json {
            return Output.print(String(decoding: try control.client.send("GET", "/v1/stats").body, as: UTF8.self))
        }
        var view = TopView(order: sort, byTenant: tenants)
        guard !once, Streams.haveTerminal else { return Output.print(view.text(try Self.figures(control))) }
        let saved = try Terminals.makeRaw(0)
        // The other screen, without a cursor: what was there before comes back.
        Output.write("\u{1B}[?1049h\u{1B}[?25l", to: 1)
        defer {
            Output.write("\u{1B}[?25h\u{1B}[?1049l", to: 1)
            Terminals.restore(0, saved)
        }
        while true {
            let lines = view.text(try Self.figures(control), size: Terminals.size(1)).split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            Output.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J", to: 1)
            let ready = try Events.wait(for: [(0, Int16(POLLIN))], milliseconds: 2000)
            guard ready[0] != 0 else { continue }
            let keys = try Files.readSome(0, named: "terminal", upTo: 16)
            if keys.isEmpty || keys.contains(where: { $0 == UInt8(ascii: "q") || $0 == 3 || $0 == 27 }) { return }
            for key in keys { view.press(key) }
        }
    }

    private static func figures(_ control: Control) throws -> [Figures] {
        try control.client.call("GET", "/v1/stats", as: [Figures].self)
    }
}

/// The table of `bailey top`: figures in, text out.
struct TopView {
    var order: TopCommand.Order
    var byTenant: Bool

    mutating func press(_ key: UInt8) {
        switch Character(Unicode.Scalar(key)) {
        case "c": order = .cpu
        case "m": order = .memory
        case "i": order = .io
        case "p": order = .pids
        case "f": order = .faults
        case "t": byTenant.toggle()
        default: break
        }
    }

    /// The table, cut to the size of a terminal where there is one.
    func text(_ figures: [Figures], size: TerminalSize? = nil) -> String {
        let rows = (byTenant ? Self.summed(figures) : figures).sorted { weight($0) > weight($1) }
        var table = Table([
            byTenant ? "TENANT" : "JAIL", "TENANT", "CPU", "MEMORY", "PIDS", "READ/S", "WRITE/S", "FAULTS",
        ])
        for row in rows {
            let faults = row.faults.filter { $0.value > 0 && $0.key != "cpu.throttled" }.sorted { $0.key < $1.key }
            table.add([
                row.name, row.tenant, "\((row.cpuPercent * 10).rounded() / 10)%", Amount.bytes(row.memoryBytes),
                "\(row.pids)",
                Amount.bytes(UInt64(max(0, row.readPerSecond))), Amount.bytes(UInt64(max(0, row.writePerSecond))),
                faults.isEmpty ? "-" : faults.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
            ])
        }
        let total = figures.reduce(0) { $0 + $1.cpuPercent }
        let head =
            "\(figures.count) jails running, \((total * 10).rounded() / 10)% processor, "
            + "\(Amount.bytes(figures.reduce(0) { $0 + $1.memoryBytes })) memory, sorted by \(order.rawValue)"
        var lines = [head, ""] + table.text.split(separator: "\n").map(String.init)
        if let size {
            lines = lines.prefix(max(1, Int(size.rows) - 1)).map { String($0.prefix(max(20, Int(size.columns)))) }
        }
        return lines.joined(separator: "\n")
    }

    private func weight(_ row: Figures) -> Double {
        switch order {
        case .cpu: row.cpuPercent
        case .memory: Double(row.memoryBytes)
        case .io: row.readPerSecond + row.writePerSecond
        case .pids: Double(row.pids)
        case .faults: Double(row.faults.filter { $0.key != "cpu.throttled" }.values.reduce(0, +))
        }
    }

    private static func summed(_ figures: [Figures]) -> [Figures] {
        var sums: [String: Figures] = [:]
        for row in figures {
            var sum = sums[row.tenant] ?? Figures(name: row.tenant, tenant: row.tenant)
            sum.cpuPercent += row.cpuPercent
            sum.memoryBytes += row.memoryBytes
            sum.pids += row.pids
            sum.readPerSecond += row.readPerSecond
            sum.writePerSecond += row.writePerSecond
            sum.faults.merge(row.faults, uniquingKeysWith: +)
            sums[row.tenant] = sum
        }
        return Array(sums.values)
    }
}
