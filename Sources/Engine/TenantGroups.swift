import LinuxKernel
import Profiles
import Storage

extension Engine {
    /// The jail's group below the hierarchies' roots: below its tenant's, which is below that of whoever it is part of.
    func cgroupPath(_ request: JailRequest, _ name: String) -> String {
        if !request.tenants.isEmpty { return groupPath(of: request.tenants) + "/" + name }
        return "\(layout.cgroupRoot)/\(request.spec.tenant?.value ?? "default")/\(name)"
    }

    /// A tenant that was declared has limits: a start that does not bring them along is refused, never made without.
    func requireTenants(_ request: JailRequest) throws(EngineError) {
        guard let tenant = request.spec.tenant?.value, request.tenants.first?.name.value != tenant,
            Files.exists("\(layout.library)/tenants/\(tenant)")
        else { return }
        throw .refused(
            "starting a jail of \(tenant): the tenant's limits were not read: use bailey start or bailey run"
        )
    }
}
