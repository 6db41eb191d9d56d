import Glibc

/// The two functions of libm that a weight needs.
enum Logarithm {
    static func base2(_ value: Double) -> Double { log2(value) }
    static func power10(_ value: Double) -> Double { pow(10, value) }
}
