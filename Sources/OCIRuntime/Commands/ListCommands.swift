import Cgroups
import Glibc
import JSONText
import Launcher
import LinuxKernel

/// `list`.
struct ListCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, [.value("format", "f"), .flag("quiet", "q")], command: "list")
        let containers = runtime.store.ids().compactMap { (id) -> Container? in try? runtime.store.load(id) }
        if arguments.has("quiet") {
            for container in containers { Output.print(container.record.id) }
            return 0
        }
        switch arguments.value("format") ?? "table" {
        case "json": Output.print(JSONValue.array(containers.map(row)).text())
        case "table": printTable(containers)
        case let other: throw RuntimeError("list: --format \(other): use table or json")
        }
        return 0
    }

    private func row(_ container: Container) -> JSONValue {
        let status = container.status
        let record = container.record
        return .object([
            ("ociVersion", .string(record.version)), ("id", .string(record.id)),
            ("pid", .int(status == .stopped ? 0 : Int64(record.pid))), ("status", .string(status.rawValue)),
            ("bundle", .string(record.bundle)), ("rootfs", .string(record.rootfs)),
            ("created", .string(Timestamp.text(record.created))), ("owner", .string("root")),
        ])
    }

    private func printTable(_ containers: [Container]) {
        let rows = containers.map { container in
            let status = container.status
            return [
                container.record.id, "\(status == .stopped ? 0 : container.record.pid)", status.rawValue,
                container.record.bundle, Timestamp.text(container.record.created), "root",
            ]
        }
        TextTable.print(["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"], rows)
    }
}

/// Columns as wide as their widest text.
enum TextTable {
    static func print(_ head: [String], _ rows: [[String]]) {
        let widths = head.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        for row in [head] + rows {
            let cells = zip(row, widths).map { text, width in
                text + String(repeating: " ", count: max(width - text.count, 0) + 4)
            }
            Output.print(String(cells.joined().trimmingSuffix()))
        }
    }
}

extension String {
    fileprivate func trimmingSuffix() -> Substring {
        var rest = self[...]
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}

/// `ps`.
struct ProcessListCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, [.value("format", "f")], stopsAt: 1, command: "ps")
        let id = try arguments.identifier("ps", more: true)
        // Options of ps itself may stand behind the id, and so may ours.
        let after = try? Arguments(arguments.rest, [.value("format", "f")], command: "ps")
        let format = arguments.value("format") ?? after?.value("format") ?? "table"
        let container = try runtime.store.load(id)
        let pids = processes(container)
        switch format {
        case "json": Output.print(JSONValue.array(pids.map { .int(Int64($0)) }).text())
        case "table":
            let rest = arguments.rest.first == "--" ? arguments.rest.dropFirst() : arguments.rest
            try printTable(pids, after?.value("format") == nil ? Array(rest) : [])
        default: throw RuntimeError("ps: --format \(format): use table or json")
        }
        return 0
    }

    private func processes(_ container: Container) -> [Int32] {
        let found = CgroupControl(container.group).processes()
        if found.isEmpty, container.isAlive { return [container.record.pid] }
        return found
    }

    /// What ps(1) prints, less the lines of other processes.
    private func printTable(_ pids: [Int32], _ options: [String]) throws(RuntimeError) {
        let words = ["ps"] + (options.isEmpty ? ["-ef"] : options)
        let text = try attempting("run ps") { () throws(SyscallError) in try HostProgram.output("ps", words) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let head = lines.first, let column = head.split(separator: " ").firstIndex(of: "PID") else {
            throw RuntimeError("ps: its output has no column PID: choose other options")
        }
        Output.print(String(head))
        for line in lines.dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > column, let pid = Int32(fields[column]), pids.contains(pid) else { continue }
            Output.print(String(line))
        }
    }
}

/// A program of the host whose output is wanted.
enum HostProgram {
    static func output(_ name: String, _ words: [String]) throws(SyscallError) -> String {
        let path = ["/usr/bin/", "/bin/"].map { $0 + name }.first { Files.mayExecute($0) }
        guard let path else { throw SyscallError(call: "execve", subject: name, errno: ENOENT) }
        let pipe = try Events.pipe()
        let child = try Processes.spawn(path, words, Environment.own, descriptors: [(pipe.writing.number, 1), (2, 2)])
        let reading = pipe.releaseReading()
        defer { _ = OwnedDescriptor(owning: reading) }
        let bytes = try Files.read(reading, named: name)
        _ = try Processes.reap(child.pid)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension DescriptorPair {
    /// Closes the writing end and gives the other one up.
    fileprivate consuming func releaseReading() -> Int32 {
        let ends = release()
        _ = OwnedDescriptor(owning: ends.writing)
        return ends.reading
    }
}
