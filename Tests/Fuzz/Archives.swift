import Glibc
import LinuxKernel
import Storage

@testable import Templates

/// Bytes as a stranger sends them, to every reader of storage; the first byte says to which.
///
/// What must hold: no crash, no hang, and an archive that is unpacked changes nothing outside its directory.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 1 else { return 0 }
    let bytes = unsafe Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
    switch unsafe data[0] % 6 {
    case 0: unpack(bytes)
    case 1: readParts(bytes)
    case 2: _ = try? OCIConfiguration.parse(String(decoding: bytes, as: UTF8.self))
    case 3: _ = try? ManifestText.read(bytes, file: "fuzz")
    case 4: checkListing(String(decoding: bytes, as: UTF8.self))
    default: checkRoot(String(decoding: bytes, as: UTF8.self))
    }
    return 0
}

private let place = "/dev/shm/bailey-fuzz-\(getpid())"

private func unpack(_ bytes: [UInt8]) {
    let tree = place + "/tree"
    do throws(SyscallError) {
        try Files.makeDirectories(tree)
        try Files.replace(place + "/canary", with: [1, 2, 3])
        var reader = TarReader(FuzzedBytes(bytes: withRightSums(bytes)))
        let limits = ArchiveLimits(bytes: 1 << 20, entries: 100)
        _ = try? TarExtractor(tree: RootedTree(root: tree), limits: limits).extract(&reader)
        let isIntact = try Files.readBytes(place + "/canary") == [1, 2, 3]
        precondition(isIntact, "the archive changed a file outside its directory")
        let names = try Files.list(place).sorted()
        precondition(names == ["canary", "tree"], "the archive made \(names)")
        try Files.removeTree(tree)
    } catch {
        preconditionFailure("\(error)")
    }
}

/// Headers keep a right checksum, or nothing past it would ever be tried.
private func withRightSums(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for start in stride(from: 0, to: bytes.count - 511, by: 512) {
        let sum = (0..<512).reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(bytes[start + $1])) }
        let digits = Array(String(sum, radix: 8).utf8)
        let field = [UInt8](repeating: 48, count: 6 - digits.count) + digits + [0, 32]
        bytes.replaceSubrange((start + 148)..<(start + 156), with: field)
    }
    return bytes
}

private func readParts(_ bytes: [UInt8]) {
    guard let memory = try? SealedMemory.make("fuzz", withRightSums(bytes)) else { return }
    var reader = PartReader(from: memory.number)
    while (try? reader.next()) != nil {
        guard (try? reader.bytes()) != nil else { return }
    }
}

/// What is read and written again is the same.
private func checkListing(_ text: String) {
    guard let listing = TreeListing(parsing: text) else { return }
    precondition(TreeListing(parsing: listing.text) == listing, "a listing is read otherwise than it is written")
}

/// A root names places below the library only.
private func checkRoot(_ text: String) {
    guard let root = JailRoot(text: text) else { return }
    for layer in root.layers { precondition(!layer.hasPrefix("/") && !layer.contains(".."), "a root names \(layer)") }
    precondition(JailRoot(text: root.text) == root, "a root is read otherwise than it is written")
}

private struct FuzzedBytes: ByteSource {
    var bytes: [UInt8]

    mutating func read(upTo count: Int) throws(TemplateError) -> [UInt8]? {
        if bytes.isEmpty { return nil }
        defer { bytes.removeFirst(min(count, bytes.count)) }
        return Array(bytes.prefix(count))
    }
}
