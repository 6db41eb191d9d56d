import Glibc
import LinuxKernel
import Testing

@Suite struct `Removing what a tenant has made` {
    /// Deeper than any path may be long, and than there are descriptors.
    @Test func `a tree of 20,000 levels goes`() throws {
        let folder = try TemporaryFolder()
        let top = folder.path + "/deep"
        try Files.makeDirectory(top)
        var place = try Files.open(top, O_RDONLY | O_DIRECTORY)
        for _ in 0..<20_000 {
            try Files.makeDirectory("d", at: place.number)
            place = try Files.open("d", O_RDONLY | O_DIRECTORY, at: place.number)
        }
        let before = try openDescriptors().count
        try Files.removeTree(top)
        #expect(!Files.exists(top))
        // A leak would be one a level; other tests of this process open some hundreds meanwhile.
        #expect(try openDescriptors().count < before + 5000)
    }

    @Test func `10,000 files and a name that the removal itself would take go`() throws {
        let folder = try TemporaryFolder()
        let top = folder.path + "/wide"
        try Files.makeDirectories(top + "/a/b/c")
        for number in 1...3 { try Files.makeDirectories(top + "/.bailey-removed-\(number)/x") }
        let inner = try Files.open(top + "/a", O_RDONLY | O_DIRECTORY)
        for number in 0..<10_000 {
            _ = try Files.open("file\(number)", O_WRONLY | O_CREAT, at: inner.number)
        }
        try Files.removeTree(top)
        #expect(!Files.exists(top))
    }

    @Test func `links are removed and never followed`() throws {
        let folder = try TemporaryFolder()
        try Files.makeDirectories(folder.path + "/outside/inner")
        try folder.write("kept", to: "outside/inner/file")
        try Files.makeDirectories(folder.path + "/tree/a/b")
        for name in ["tree/link", "tree/a/link", "tree/a/b/link"] {
            try Files.makeLink("\(folder.path)/\(name)", to: folder.path + "/outside")
        }
        try Files.removeTree(folder.path + "/tree")
        #expect(!Files.exists(folder.path + "/tree"))
        #expect(try Files.readText(folder.path + "/outside/inner/file") == "kept")

        try Files.makeLink(folder.path + "/top", to: folder.path + "/outside")
        try Files.removeTree(folder.path + "/top")
        #expect(!Files.exists(folder.path + "/top"))
        #expect(Files.exists(folder.path + "/outside/inner/file"))
    }

    /// A name is bytes to the kernel; these are no UTF-8.
    @Test func `names that are no text go too`() throws {
        let folder = try TemporaryFolder()
        let top = folder.path + "/names"
        try Files.makeDirectory(top)
        let script =
            #"cd "$0" && for n in "$(printf 'a\377')" "$(printf '\300\200')"; do mkdir -p "$n/$n/$n"; : > "$n/$n/x$n"; done"#
        #expect(try Program(["/bin/sh", "-c", script, top]).wait() == 0)
        #expect(try Files.list(top).count == 2)
        try Files.removeTree(top)
        #expect(!Files.exists(top))
    }

    @Test func `what is gone already is no error`() throws {
        let folder = try TemporaryFolder()
        try Files.removeTree(folder.path + "/nothing")
    }
}
