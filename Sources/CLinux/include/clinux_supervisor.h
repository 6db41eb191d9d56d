/* What the supervisor needs of sockets and Swift cannot import: variadic or macro-heavy calls, and a thread that enters
   another network namespace and ends there, so that no thread of Swift's ever has to come back. Each returns -errno. */
#ifndef CLINUX_SUPERVISOR_H
#define CLINUX_SUPERVISOR_H

/* Binds and listens on a unix socket of streams or of packets, whose file has just this mode; see unix(7). */
long clinux_stream_listen(const char *_Nonnull path, unsigned mode);
long clinux_packet_listen(const char *_Nonnull path, unsigned mode);
long clinux_stream_connect(const char *_Nonnull path);
long clinux_packet_connect(const char *_Nonnull path);
/* A connection that does not block and closes on exec; see accept4(2). */
long clinux_accept(int fd);
/* Who connected, as the kernel knows it: SO_PEERCRED in unix(7). */
long clinux_peer(int fd, int *_Nonnull pid, unsigned *_Nonnull uid, unsigned *_Nonnull gid);
/* A TCP socket that belongs to the network namespace behind a descriptor; the caller's threads stay where they are. */
long clinux_socket_in_network(int network);
/* Address and port in host order. */
long clinux_connect_ipv4(int fd, unsigned address, unsigned port);
/* The outcome of a connect that did not block: SO_ERROR in socket(7). */
long clinux_socket_error(int fd);

#endif
