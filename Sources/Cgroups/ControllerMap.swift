/// A value for some of the controllers, in the order in which they were given.
///
/// A list of at most a dozen entries: a `Dictionary` would make every start look through all conformances of the program
/// for that of its key (docs/decisions/0010-what-a-start-avoids.md).
public struct ControllerMap<Value>: ExpressibleByDictionaryLiteral {
    private var entries: [(controller: Controller, value: Value)] = []

    /// An empty map.
    public init() {}

    /// A map with these entries; a controller that is given twice has its last value.
    public init(dictionaryLiteral elements: (Controller, Value)...) {
        for (controller, value) in elements { self[controller] = value }
    }

    /// The value of a controller; nil takes it away.
    public subscript(controller: Controller) -> Value? {
        get { entries.first { $0.controller == controller }?.value }
        set {
            let place = entries.firstIndex { $0.controller == controller }
            switch (place, newValue) {
            case (let place?, let value?): entries[place].value = value
            case (let place?, nil): entries.remove(at: place)
            case (nil, let value?): entries.append((controller, value))
            case (nil, nil): break
            }
        }
    }

    /// The value of a controller, or `missing` where it has none.
    public subscript(controller: Controller, default missing: @autoclosure () -> Value) -> Value {
        get { self[controller] ?? missing() }
        set { self[controller] = newValue }
    }

    /// Whether no controller has a value.
    public var isEmpty: Bool { entries.isEmpty }

    /// The values.
    public var values: [Value] { entries.map(\.value) }

    /// The controllers that have one.
    public var keys: [Controller] { entries.map(\.controller) }

    /// The same controllers with other values.
    public func mapValues<Other>(_ transform: (Value) -> Other) -> ControllerMap<Other> {
        var result = ControllerMap<Other>()
        for entry in entries { result.entries.append((entry.controller, transform(entry.value))) }
        return result
    }
}

extension ControllerMap: Equatable where Value: Equatable {
    /// Whether both have the same values for the same controllers, in whatever order they were given.
    public static func == (left: Self, right: Self) -> Bool {
        left.entries.count == right.entries.count
            && left.entries.allSatisfy { right[$0.controller] == $0.value }
    }
}

extension ControllerMap: Sendable where Value: Sendable {}
