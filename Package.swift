// swift-tools-version: 6.2
import PackageDescription

// The order of the targets is the order of docs/architecture.md: a module imports only from lines below its own.
// `make lint` (scripts/lint-layers) holds this file and every import to it.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

// Programs are fully static in release: they start in the time of a C program and run from any mount namespace.
// Test builds (debug) stay dynamic, because the testing library has no static form.
let staticProgram: [LinkerSetting] = [.unsafeFlags(["-static-executable"], .when(configuration: .release))]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let database: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "bailey",
    products: [
        .executable(name: "bailey", targets: ["bailey"]),
        .executable(name: "bailey-commands", targets: ["bailey-commands"]),
        .executable(name: "bailey-init", targets: ["bailey-init"]),
        .executable(name: "bailey-oci", targets: ["bailey-oci"]),
        .executable(name: "baileyd", targets: ["baileyd"]),
        .executable(name: "nanobench", targets: ["nanobench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // The supervisor's: HTTP server, embedded store, orderly start and stop, log.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // programs
        .executableTarget(
            name: "bailey",
            dependencies: ["StartCommands"],
            swiftSettings: strict,
            linkerSettings: staticProgram
        ),
        .executableTarget(
            name: "bailey-commands",
            dependencies: ["CommandLineTool"],
            swiftSettings: strict,
            linkerSettings: staticProgram
        ),
        .executableTarget(
            name: "bailey-init",
            dependencies: ["Launcher", "Launch", "LinuxKernel"],
            swiftSettings: strict,
            linkerSettings: staticProgram
        ),
        .executableTarget(
            name: "bailey-oci",
            dependencies: ["OCIRuntime", "CReadOnlySelf"],
            swiftSettings: strict,
            linkerSettings: staticProgram
        ),
        // Started once and never inside a jail: Swift's runtime is linked into it, the C library and SQLite are the host's.
        .executableTarget(
            name: "baileyd",
            dependencies: [
                "StartCommands", "Supervisor", "Allocation", "Engine", "Storage", "LinuxKernel", argumentParser,
                serviceLifecycle, logging,
            ],
            swiftSettings: strict
        ),
        // What bailey compare runs in every subject; C, so that nothing of a runtime is measured.
        .executableTarget(
            name: "nanobench",
            cSettings: [.unsafeFlags(["-O2"])],
            linkerSettings: [.unsafeFlags(["-static-executable"])]
        ),
        .target(
            name: "CommandLineTool",
            dependencies: [
                "StartCommands", "Comparison", "Declarations", "ControlAPI", "Allocation", "Engine", "Planning",
                "Profiles",
                "Templates", "Storage", "Networking", "Cgroups", "Seccomp", "Launch", "LinuxKernel", argumentParser,
            ],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(
            name: "StartCommands",
            dependencies: ["Declarations", "Engine", "Profiles", "LinuxKernel"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        // services
        .target(
            name: "Supervisor",
            dependencies: [
                "Declarations", "ControlAPI", "Allocation", "Engine", "Planning", "Profiles", "Storage", "Cgroups",
                "Launch",
                "LinuxKernel", serviceLifecycle, logging,
                hummingbird, hummingbirdCore, nio, nioPosix, database,
            ],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(
            name: "Comparison",
            dependencies: ["JSONText", "LinuxKernel"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(
            name: "Declarations",
            dependencies: ["Engine", "Planning", "Profiles", "Storage", "Cgroups", "Launch", "LinuxKernel"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        // what carries a plan out
        .target(
            name: "Launcher",
            dependencies: ["Launch", "LinuxKernel"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        // backends
        .target(
            name: "Engine",
            dependencies: [
                "Hypervisor", "Launcher", "Planning", "Allocation", "Profiles", "Templates", "Storage", "Networking",
                "Cgroups",
                "Seccomp", "Launch",
                "LinuxKernel",
            ],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        .target(
            name: "Hypervisor",
            dependencies: ["Launcher", "Profiles", "Templates", "Storage", "Launch", "LinuxKernel"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        // services
        .target(
            name: "OCIRuntime",
            dependencies: ["Launcher", "Launch", "Cgroups", "Seccomp", "JSONText", "LinuxKernel"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        // decisions
        .target(
            name: "Planning",
            dependencies: [
                "Profiles", "Storage", "Networking", "Cgroups", "Seccomp", "Launch", "LinuxKernel",
            ],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        .target(name: "Allocation", dependencies: ["Profiles"], exclude: ["README.md"], swiftSettings: strict),
        .target(name: "ControlAPI", dependencies: ["LinuxKernel"], exclude: ["README.md"], swiftSettings: strict),

        // resources
        .target(name: "Profiles", dependencies: ["YAML"], exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "Templates",
            dependencies: ["LinuxKernel", "CDigest", "YAML"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(name: "Storage", dependencies: ["LinuxKernel"], exclude: ["README.md"], swiftSettings: strict),
        .target(name: "Networking", dependencies: ["LinuxKernel"], exclude: ["README.md"], swiftSettings: strict),
        .target(name: "Cgroups", dependencies: ["LinuxKernel"], exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "Seccomp",
            dependencies: ["LinuxKernel", "CSeccomp", "YAML"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(name: "Launch", dependencies: ["LinuxKernel"], exclude: ["README.md"], swiftSettings: strict),

        // formats
        .target(name: "JSONText", dependencies: ["CJSONC"], exclude: ["README.md"], swiftSettings: strict),
        .target(name: "YAML", dependencies: ["CYAML"], exclude: ["README.md"], swiftSettings: strict),

        // kernel
        .target(
            name: "LinuxKernel",
            dependencies: ["CLinux", "CCapability"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        // C
        .target(name: "CLinux", exclude: ["README.md"]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CCapability", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
        .target(name: "CReadOnlySelf"),
        .systemLibrary(name: "CJSONC", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
        .systemLibrary(name: "CDigest", pkgConfig: "libmd", providers: [.apt(["libmd-dev"])]),

        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

        // tests
        .testTarget(
            name: "OCIRuntimeTests",
            dependencies: ["OCIRuntime", "JSONText", "Launch", "Seccomp"],
            swiftSettings: strict
        ),
        .testTarget(name: "NetworkingTests", dependencies: ["Networking", "LinuxKernel"], swiftSettings: strict),
        .testTarget(name: "YAMLTests", dependencies: ["YAML"], swiftSettings: strict),
        .testTarget(name: "LaunchTests", dependencies: ["Launch"], swiftSettings: strict),
        .testTarget(name: "SeccompTests", dependencies: ["Seccomp", "CSeccomp"], swiftSettings: strict),
        .testTarget(name: "CgroupsTests", dependencies: ["Cgroups"], swiftSettings: strict),
        .testTarget(name: "TemplatesTests", dependencies: ["Templates", "LinuxKernel"], swiftSettings: strict),
        .testTarget(
            name: "ProfilesTests",
            dependencies: ["Profiles"],
            exclude: ["awful.yaml", "awful.findings"],
            swiftSettings: strict
        ),
        .testTarget(name: "AllocationTests", dependencies: ["Allocation"], swiftSettings: strict),
        .testTarget(
            name: "SupervisorTests",
            dependencies: ["Supervisor", "ControlAPI", "Allocation", "Engine", "Storage", "LinuxKernel"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DeclarationsTests",
            dependencies: ["Declarations", "Engine", "Profiles", "Storage"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ComparisonTests",
            dependencies: ["Comparison"],
            exclude: ["record-scipy.py", "scipy.txt"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PlanningTests",
            dependencies: ["Planning", "CommandLineTool", "StartCommands"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KernelTests",
            dependencies: ["LinuxKernel", "Cgroups", "Launch"],
            swiftSettings: strict
        ),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "LinuxKernel"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Storage", "LinuxKernel"],
            exclude: ["README.md", "hostile-image"],
            swiftSettings: strict
        ),
        .testTarget(name: "EscapeTests", dependencies: ["Storage", "LinuxKernel"], swiftSettings: strict),
    ]
)
