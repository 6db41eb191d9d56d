import Glibc
import LinuxKernel

/// Carries out a ``CgroupPlan``: when it returns, every limit stands and no process is in the group yet.
public struct CgroupCreation {
    private let plan: CgroupPlan
    private let adopting: Bool
    private var made: [String] = []
    private var warnings: [CgroupFinding] = []

    /// Makes the group of a plan.
    ///
    /// - Parameters:
    ///   - plan: What to make.
    ///   - adopting: Take a directory that is there already, as for the group of a tenant, and set its limits.
    /// - Returns: The plan's warnings, and one for each best-effort limit that the kernel refused.
    /// - Throws: ``CgroupError``; directories made until then are removed again, limits written to adopted ones stay.
    @discardableResult
    public static func create(
        _ plan: CgroupPlan,
        adopting: Bool = false
    ) throws(CgroupError) -> [CgroupFinding] {
        var creation = CgroupCreation(plan: plan, adopting: adopting)
        do throws(CgroupError) {
            try creation.run()
        } catch {
            creation.undo()
            throw error
        }
        return plan.warnings + creation.warnings
    }

    private init(plan: CgroupPlan, adopting: Bool) {
        self.plan = plan
        self.adopting = adopting
    }

    private mutating func run() throws(CgroupError) {
        // First, because v2 refuses to enable controllers where processes are.
        if let vacate = plan.vacate { try Self.vacate(vacate) }
        for directory in plan.directories { try make(directory) }
        // After the directories, so that a concurrent removal cannot take an empty parent away in between.
        try Self.enable(plan.enable, for: plan.group.unified)
        for directory in plan.directories { try setLimits(directory) }
        for directory in plan.directories { try MemoryProtection.refresh(above: directory, after: directory.writes) }
    }

    /// Tries the leaf first: in the common case its parents are there, and one call does it.
    private mutating func make(_ directory: CgroupDirectory) throws(CgroupError) {
        for _ in 0..<16 {
            do throws(SyscallError) {
                try Files.makeDirectory(directory.path)
                made.append(directory.path)
                return
            } catch  where error.errno == EEXIST {
                if adopting { return }
                throw .exists(path: directory.path)
            } catch  where error.errno == ENOENT {
                // Again if another command removed an empty parent meanwhile.
                try makeParents(of: directory)
            } catch {
                throw .make(path: directory.path, cause: error)
            }
        }
        let cause = SyscallError(call: "mkdir", subject: directory.path, errno: ENOENT)
        throw .make(path: directory.path, cause: cause)
    }

    private mutating func makeParents(of directory: CgroupDirectory) throws(CgroupError) {
        for parent in directory.parents {
            do throws(SyscallError) {
                try Files.makeDirectory(parent)
            } catch  where error.errno == EEXIST {
                continue
            } catch  where error.errno == ENOENT && parent != directory.parents.first {
                return
            } catch {
                throw .make(path: parent, cause: error)
            }
            made.append(parent)
            for write in directory.parentWrites { try self.write([write], in: parent) }
        }
    }

    private static func vacate(_ vacation: CgroupPlan.Vacation) throws(CgroupError) {
        do throws(SyscallError) {
            try Files.makeDirectory(vacation.to)
        } catch  where error.errno == EEXIST {
        } catch {
            throw .make(path: vacation.to, cause: error)
        }
        try CgroupProcesses.move(from: vacation.from, to: vacation.to)
    }

    /// Makes the plan's controllers available, writing only what is not on yet.
    static func enable(_ steps: [ControllerEnabling], for directory: CgroupDirectory?) throws(CgroupError) {
        guard let directory, let wanted = steps.first?.controllers else { return }
        if missing(wanted, in: directory.path + "/cgroup.controllers").isEmpty { return }
        for step in steps {
            let rest = ControllerEnabling(file: step.file, controllers: missing(step.controllers, in: step.file))
            if rest.controllers.isEmpty { continue }
            do throws(SyscallError) {
                try Files.writeKernelFile(rest.file, rest.value)
            } catch {
                throw .enable(file: rest.file, value: rest.value, cause: error)
            }
        }
    }

    private static func missing(_ controllers: [Controller], in file: String) -> [Controller] {
        let names = ((try? Files.readText(file)) ?? "").split(separator: " ")
        return controllers.filter { !names.contains(Substring($0.rawValue)) }
    }

    private mutating func setLimits(_ directory: CgroupDirectory) throws(CgroupError) {
        // A v1 cpuset takes nothing that its parents have not, and no process while it is empty.
        var above = directory.root
        for parent in directory.parents {
            try inherit(directory.inherited, from: above, to: parent)
            above = parent
        }
        try write(directory.writes, in: directory.path)
        try inherit(directory.inherited, from: above, to: directory.path)
    }

    private mutating func inherit(_ files: [String], from above: String, to path: String) throws(CgroupError) {
        for file in files {
            do throws(SyscallError) {
                guard try Files.readText("\(path)/\(file)").isEmpty else { continue }
                try Files.writeKernelFile("\(path)/\(file)", try Files.readText("\(above)/\(file)"))
            } catch {
                throw .write(CgroupWrite(file, "value of the parent"), path: path, cause: error)
            }
        }
    }

    private mutating func write(_ writes: [CgroupWrite], in path: String) throws(CgroupError) {
        warnings += try LimitWriter.write(writes, in: path)
    }

    private func undo() {
        // Children were made after their parents; a parent that others use meanwhile is busy and stays.
        for path in made.reversed() { try? Files.removeDirectory(path) }
        if let directory = plan.group.unified { MemoryProtection.lower(directory.parents.reversed()) }
    }
}
