import LinuxKernel

/// Services of the rootfs' own init: which start at boot, and new ones from a command line.
extension BuildRun {
    private enum Services {
        /// Scripts in `/etc/init.d`, started by sysvinit through links that update-rc.d(8) makes.
        case scripts
        /// Units, started by systemd.
        case units
    }

    /// Makes a service if the step has a command for one, and has it start at boot or not.
    func service(_ step: ServiceStep, description: String) throws(TemplateError) {
        let kind = try services(for: description)
        if !step.command.isEmpty {
            let (path, text, mode): (String, String, UInt32) =
                switch kind {
                case .scripts: ("/etc/init.d/\(step.name)", step.script, 0o755)
                case .units: ("/etc/systemd/system/\(step.name).service", step.unit, 0o644)
                }
            try attempting("write \(path)") { () throws(SyscallError) in
                try tree.write(path, Array(text.utf8), mode: mode)
            }
        }
        let verb = step.isEnabled ? "enable" : "disable"
        let script =
            switch kind {
            case .scripts: "update-rc.d \(step.name) defaults >/dev/null && update-rc.d \(step.name) \(verb)"
            // No systemd runs while a template is made: systemctl is told so and sets links only.
            case .units: "SYSTEMD_OFFLINE=1 systemctl --quiet \(verb) \(step.name)"
            }
        try run(.script(script), step: description)
    }

    private func services(for description: String) throws(TemplateError) -> Services {
        let found = try attempting(description) { () throws(SyscallError) -> Services? in
            // A link of the rootfs leads to what the rootfs has there, nowhere else.
            func has(_ path: String) -> Bool { (try? tree.followed(path)).map { Files.exists($0) } ?? false }
            if has("/lib/systemd/systemd") { return .units }
            return has("/etc/init.d") && has("/usr/sbin/update-rc.d") ? .scripts : nil
        }
        guard let found else {
            throw .unsuitable(
                step: description,
                reason: "the rootfs has neither systemd nor scripts of sysvinit with update-rc.d: install one before"
            )
        }
        return found
    }
}

extension ServiceStep {
    /// An init script that runs the command in the background, as ``user``, and knows it again by its pid file.
    ///
    /// LSB init script actions; start-stop-daemon(8).
    var script: String {
        let program = Self.quoted(command[0])
        let arguments = command.dropFirst().map { " " + Self.quoted($0) }.joined()
        return """
            #!/bin/sh
            ### BEGIN INIT INFO
            # Provides:          \(name)
            # Required-Start:    $local_fs $remote_fs $network
            # Required-Stop:     $local_fs $remote_fs $network
            # Default-Start:     2 3 4 5
            # Default-Stop:      0 1 6
            # Short-Description: \(name)
            ### END INIT INFO
            daemon() { start-stop-daemon --quiet --pidfile /run/\(name).pid "$@"; }
            case "$1" in
            start)
                daemon --start --oknodo --background --make-pidfile --chuid \(user) \\
                    --startas \(program) --\(arguments)
                ;;
            stop) daemon --stop --oknodo --remove-pidfile --retry TERM/10/KILL/5 ;;
            restart | force-reload) "$0" stop && "$0" start ;;
            status) daemon --status ;;
            *) echo "usage: $0 start|stop|restart|force-reload|status" >&2; exit 3 ;;
            esac

            """
    }

    /// A unit that runs the command; systemd.service(5).
    var unit: String {
        let line = command.map(Self.unitWord).joined(separator: " ")
        return """
            [Unit]
            Description=\(name)
            After=network.target

            [Service]
            ExecStart=\(line)
            User=\(user)
            Restart=on-failure

            [Install]
            WantedBy=multi-user.target

            """
    }

    /// A word of shell that stands for just this text.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// A word of a unit file: neither specifiers nor variables nor escapes are left; systemd.syntax(7).
    private static func unitWord(_ text: String) -> String {
        var word = ""
        for character in text {
            switch character {
            case "%": word += "%%"
            case "$": word += "$$"
            case "\\": word += "\\\\"
            case "\"": word += "\\\""
            case "\n": word += "\\n"
            default: word.append(character)
            }
        }
        return "\"\(word)\""
    }
}
