/// One step inside the new root.
///
/// Paths are jail side, absolute, and resolved so that no link leads out of the root.
public enum RootStep: Equatable, Sendable {
    /// Mounts a new file system. `options` are `key=value` or flags of the file system; `attributes` are
    /// `MOUNT_ATTR_*` of mount_setattr(2). The target is made when missing; with `fixed` no part of it may be a link.
    case mount(type: String, target: String, options: [String], attributes: UInt64, fixed: Bool)
    /// Mounts ``LaunchPlan/sources`` number `source`.
    case bind(source: UInt32, target: String, attributes: UInt64)
    /// Shows the host's device node `/dev/NAME` of character device `major`:`minor` under the same name.
    case device(name: String, major: UInt32, minor: UInt32)
    /// Makes a directory when missing.
    case directory(path: String, mode: UInt32)
    /// Makes a symbolic link in a file system that an earlier step mounted.
    case link(path: String, target: String)
    /// Hides a kernel path: files behind an empty device, directories behind an empty read-only file system.
    case mask(path: String)
    /// Makes a kernel path and all below it read-only.
    case readOnly(path: String)
    /// Makes the mount that is `/` itself read-only, after all mount points were made.
    case sealRoot
    /// Shows a read-only file with this text at a path of the root, owned by the jail's root; its target is made when missing.
    case text(path: String, text: String)
    /// Writes a namespaced kernel parameter, before `/proc/sys` becomes read-only.
    case parameter(path: String, value: String)
}

/// `MOUNT_ATTR_*` of mount_setattr(2).
public enum MountAttribute {
    /// No writes.
    public static let readOnly: UInt64 = 0x1
    /// Setuid and file capabilities have no effect.
    public static let noSetuid: UInt64 = 0x2
    /// Device nodes cannot be opened.
    public static let noDevices: UInt64 = 0x4
    /// Nothing can be executed.
    public static let noExecution: UInt64 = 0x8
}

extension RootStep: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        switch self {
        case .mount(let type, let target, let options, let attributes, let fixed):
            UInt8(1).encode(to: &writer)
            type.encode(to: &writer)
            target.encode(to: &writer)
            options.encode(to: &writer)
            attributes.encode(to: &writer)
            fixed.encode(to: &writer)
        case .bind(let source, let target, let attributes):
            UInt8(2).encode(to: &writer)
            source.encode(to: &writer)
            target.encode(to: &writer)
            attributes.encode(to: &writer)
        case .device(let name, let major, let minor):
            UInt8(3).encode(to: &writer)
            name.encode(to: &writer)
            major.encode(to: &writer)
            minor.encode(to: &writer)
        case .directory(let path, let mode):
            UInt8(4).encode(to: &writer)
            path.encode(to: &writer)
            mode.encode(to: &writer)
        case .link(let path, let target):
            UInt8(5).encode(to: &writer)
            path.encode(to: &writer)
            target.encode(to: &writer)
        case .mask(let path):
            UInt8(6).encode(to: &writer)
            path.encode(to: &writer)
        case .readOnly(let path):
            UInt8(7).encode(to: &writer)
            path.encode(to: &writer)
        case .sealRoot:
            UInt8(8).encode(to: &writer)
        case .parameter(let path, let value):
            UInt8(9).encode(to: &writer)
            path.encode(to: &writer)
            value.encode(to: &writer)
        case .text(let path, let text):
            UInt8(10).encode(to: &writer)
            path.encode(to: &writer)
            text.encode(to: &writer)
        }
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        let tag = try UInt8(from: &reader)
        switch tag {
        case 1:
            self = .mount(
                type: try String(from: &reader),
                target: try String(from: &reader),
                options: try [String](from: &reader),
                attributes: try UInt64(from: &reader),
                fixed: try Bool(from: &reader)
            )
        case 2:
            self = .bind(
                source: try UInt32(from: &reader),
                target: try String(from: &reader),
                attributes: try UInt64(from: &reader)
            )
        case 3:
            self = .device(
                name: try String(from: &reader),
                major: try UInt32(from: &reader),
                minor: try UInt32(from: &reader)
            )
        case 4: self = .directory(path: try String(from: &reader), mode: try UInt32(from: &reader))
        case 5: self = .link(path: try String(from: &reader), target: try String(from: &reader))
        case 6: self = .mask(path: try String(from: &reader))
        case 7: self = .readOnly(path: try String(from: &reader))
        case 8: self = .sealRoot
        case 9: self = .parameter(path: try String(from: &reader), value: try String(from: &reader))
        case 10: self = .text(path: try String(from: &reader), text: try String(from: &reader))
        default: throw reader.unknown("root step", UInt64(tag))
        }
    }
}
