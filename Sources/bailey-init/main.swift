import Glibc
import Launch
import Launcher
import LinuxKernel

// bailey-init has several lives, told apart by its first argument; `bailey` is the only caller, but for the last one.
//
//   bailey-init launch PLAN LOCK REPORT   starts a jail and stays outside it as launcher
//   bailey-init enter PLAN                runs one more process in a running jail
//   bailey-init clean PLAN                undoes what a killed launcher left
//   bailey-init machine START -- COMMAND  starts a virtual machine in the jail it is in, and stands for its process
//   bailey-init machine-entry REQUEST     runs one more process in that machine
//   /init                                 of a virtual machine, started by its kernel; nothing is mounted yet
//   bailey-init version                   says which plan format it reads
//
// PLAN, LOCK and REPORT are numbers of inherited descriptors; REPORT is -1 in the foreground.

// Without /proc there are no arguments to be read either. In a jail it is always there, and PID 1 is cloned, not executed.
if Processes.current == 1, !Files.exists("/proc/self") { runMachineInit() }

let arguments = CommandLine.arguments
let numbers = arguments.dropFirst(2).compactMap { Int32($0) }

// What the caller happened to have open is nobody's here: a descriptor that does not exist cannot be reached.
do {
    try ProcessAttributes.closeDescriptors(from: 3, except: numbers.filter { $0 >= 3 })
} catch {
    Report.say("bailey-init: closing inherited descriptors: \(error)", to: 2)
    Processes.exit(125)
}

switch arguments.dropFirst().first {
case "launch" where numbers.count == 3:
    Processes.exit(runLauncher(planDescriptor: numbers[0], record: numbers[1], report: Report(descriptor: numbers[2])))
case "enter" where numbers.count == 1:
    Processes.exit(runEntry(planDescriptor: numbers[0]))
case "clean" where numbers.count == 1:
    Processes.exit(runCleanUp(planDescriptor: numbers[0]))
case "machine" where arguments.count > 2:
    Processes.exit(runMachine(startFile: arguments[2]))
case "machine-entry" where arguments.count == 3:
    Processes.exit(runMachineEntry(request: arguments[2], folder: "/machine/run"))
case "version":
    Report.say("bailey-init, launch plan format \(PlanEnvelope.version)", to: 1)
    Processes.exit(0)
default:
    Report.say("bailey-init is started by bailey, never by hand: see bailey run --help", to: 2)
    Processes.exit(125)
}
