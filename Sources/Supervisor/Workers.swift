import Dispatch

/// Threads for what blocks: starts, ends, reads of many small files.
///
/// Nothing that waits for the kernel runs on the threads that serve requests.
struct Workers: Sendable {
    private let queue = DispatchQueue(label: "bailey.workers", attributes: .concurrent)

    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result(catching: body)) }
        }
    }
}

/// Lets so many through at once, in the order in which they came.
actor Gate {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ places: Int) { free = places }

    func pass<Result: Sendable>(_ body: @Sendable () async throws -> Result) async rethrows -> Result {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        defer { leave() }
        return try await body()
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// Does one thing after another, in the order in which they were asked for.
///
/// An actor alone does not: while one of its methods waits, another one runs.
struct Turns: Sendable {
    private var last: Task<Void, Never>?

    mutating func take<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) -> Task<Result, any Error> {
        let before = last
        let task = Task {
            await before?.value
            return try await body()
        }
        last = Task { _ = await task.result }
        return task
    }
}
