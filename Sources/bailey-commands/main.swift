import CommandLineTool

// Synchronous on purpose: a start is a few system calls, and an async main costs more than all of them.
Tool.main()
