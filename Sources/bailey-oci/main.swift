import CReadOnlySelf
import LinuxKernel
import OCIRuntime

// An OCI runtime: podman, containerd and Docker call it as they call runc or crun. All of it is in OCIRuntime.
readonlyself_keep()
ProcessAttributes.setName("bailey-oci")
Processes.exit(OCIProgram.run(CommandLine.arguments))
