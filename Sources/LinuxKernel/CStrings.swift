/// Calls `body` with the texts as a NULL-terminated array of C strings, as execve(2) wants them.
///
/// Everything is placed in one allocation, so that nothing has to be freed one by one.
func withCStrings<Result>(
    _ texts: [String],
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let lengths = texts.map { $0.utf8.count + 1 }
    let storage = UnsafeMutablePointer<CChar>.allocate(capacity: lengths.reduce(1, +))
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
    defer {
        unsafe storage.deallocate()
        unsafe pointers.deallocate()
    }
    var next = unsafe storage
    for (index, text) in texts.enumerated() {
        unsafe pointers[index] = unsafe next
        for byte in text.utf8 {
            unsafe next.pointee = CChar(bitPattern: byte)
            unsafe next += 1
        }
        unsafe next.pointee = 0
        unsafe next += 1
    }
    unsafe pointers[texts.count] = nil
    return unsafe body(pointers)
}
