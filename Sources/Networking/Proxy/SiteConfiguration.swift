import LinuxKernel

/// A web site that leads to a jail.
public struct Site: Equatable, Sendable {
    /// The host name; checked: letters, digits, `-`, `_`, `.`, and `*.` before them.
    public var name: String
    /// Whether visitors come by HTTPS.
    public var isSecure: Bool
    /// Where the jail listens, as text, IPv6 in brackets.
    public var address: String
    /// The jail's port.
    public var port: UInt16
    /// Certificate and key in PEM, for HTTPS.
    public var certificate: (chain: String, key: String)?

    /// Makes a site.
    public init(name: String, isSecure: Bool, address: String, port: UInt16, certificate: (chain: String, key: String)?)
    {
        (self.name, self.isSecure, self.address, self.port) = (name, isSecure, address, port)
        self.certificate = certificate
    }

    /// Compares all parts.
    public static func == (left: Site, right: Site) -> Bool {
        left.name == right.name && left.isSecure == right.isSecure && left.address == right.address
            && left.port == right.port && left.certificate?.chain == right.certificate?.chain
            && left.certificate?.key == right.certificate?.key
    }
}

/// What nginx is told: one file for all, one for each jail.
public enum SiteConfiguration {
    /// The file that includes the others.
    ///
    /// A name that no jail has is answered with 404, or refused in the handshake: never with another tenant's site. Nothing
    /// is kept on the host's disk of what passes. A jail's answer cannot steer the proxy (`X-Accel-*`).
    public static func main(folder: String, isSecure: Bool) -> String {
        let secure = """
                server {
                    listen 443 ssl default_server;
                    listen [::]:443 ssl default_server;
                    ssl_reject_handshake on;
                }
            """
        return """
            # Written by bailey for the web sites that jails publish; changes are lost.
            user www-data;
            worker_processes auto;
            worker_rlimit_nofile 65536;
            pid \(folder)/nginx.pid;
            error_log \(folder)/error.log error;
            events { worker_connections 16384; }
            http {
                access_log off;
                server_tokens off;
                server_names_hash_max_size 65536;
                server_names_hash_bucket_size 512;
                client_body_temp_path \(folder)/temp;
                proxy_temp_path \(folder)/temp;
                fastcgi_temp_path \(folder)/temp;
                uwsgi_temp_path \(folder)/temp;
                scgi_temp_path \(folder)/temp;
                client_max_body_size 0;
                proxy_request_buffering off;
                proxy_max_temp_file_size 0;
                proxy_http_version 1.1;
                proxy_connect_timeout 5s;
                proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
                map $http_upgrade $bailey_connection { default upgrade; "" ""; }
                limit_conn_zone $server_name zone=bailey_sites:10m;
                server {
                    listen 80 default_server;
                    listen [::]:80 default_server;
                    return 404;
                }
            \(isSecure ? secure : "")
                include \(folder)/sites/*.conf;
            }

            """
    }

    /// The file of a jail.
    ///
    /// One site has half of a worker's connections at most: a site that answers slowly must not be all sites' end.
    public static func sites(_ sites: [Site]) -> String { sites.map(server).joined() }

    private static func server(_ site: Site) -> String {
        let port = site.isSecure ? "443 ssl" : "80"
        let keys =
            site.certificate.map { "    ssl_certificate \($0.chain);\n    ssl_certificate_key \($0.key);\n" } ?? ""
        return """
            server {
                listen \(port);
                listen [::]:\(port);
                server_name \(site.name);
            \(keys)    limit_conn bailey_sites 4096;
                location / {
                    proxy_pass http://\(site.address):\(site.port);
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Real-IP $remote_addr;
                    proxy_set_header X-Forwarded-For $remote_addr;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header X-Forwarded-Host $http_host;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $bailey_connection;
                }
            }

            """
    }
}
