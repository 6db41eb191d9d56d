// probe list | probe [--dry] NAME [KEY=VALUE …] | probe [--dry] all [KEY=VALUE …] | probe TOOL [ARGUMENT …]
//
// A probe prints exactly one line: `blocked: …` (exit 0), `ESCAPED: …` (exit 1), `unavailable: …` (exit 2).
// Everything else (wrong usage, a tool that failed) exits 3 or above.
#include "probe.h"
#include <stdio.h>
#include <string.h>

static const struct probe *const groups[] = {
    process_probes, init_probes, device_probes, terminal_probes, mount_probes, cgroup_probes, nested_probes,
    kernel_probes, leak_probes, descriptor_probes, handle_probes, privilege_probes, keyring_probes, abi_probes,
    limit_probes, network_probes,
};
static const struct tool *const tools[] = {limit_tools, host_tools, race_tools, weak_tools};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct probe *probe_named(const char *name) {
    for (size_t i = 0; i < COUNT(groups); i++)
        for (const struct probe *probe = groups[i]; probe->name; probe++)
            if (!strcmp(probe->name, name)) return probe;
    return NULL;
}

static const struct tool *tool_named(const char *name) {
    for (size_t i = 0; i < COUNT(tools); i++)
        for (const struct tool *tool = tools[i]; tool->name; tool++)
            if (!strcmp(tool->name, name)) return tool;
    return NULL;
}

static int list(void) {
    for (size_t i = 0; i < COUNT(groups); i++)
        for (const struct probe *probe = groups[i]; probe->name; probe++) puts(probe->name);
    return 0;
}

static int run_all(void) {
    char prefix[80];
    int worst = 0;
    for (size_t i = 0; i < COUNT(groups); i++)
        for (const struct probe *probe = groups[i]; probe->name; probe++) {
            if (probe->explicit_only) continue;
            snprintf(prefix, sizeof prefix, "%s: ", probe->name);
            if (run_probe(probe, prefix) == 1) worst = 1;
        }
    return worst;
}

static int usage(void) {
    fputs("usage: probe list | probe [--dry] NAME|all [KEY=VALUE ...]\n", stderr);
    for (size_t i = 0; i < COUNT(tools); i++)
        for (const struct tool *tool = tools[i]; tool->name; tool++)
            fprintf(stderr, "       probe %s %s\n", tool->name, tool->usage);
    return 3;
}

int main(int argc, char **argv) {
    int next = 1;
    if (next < argc && !strcmp(argv[next], "--dry")) dry = true, next++;
    if (next >= argc) return usage();
    const char *name = argv[next++];
    const struct tool *tool = tool_named(name);
    if (tool) return tool->run(argc - next, argv + next);
    for (; next < argc; next++)
        if (!take_fact(argv[next])) return usage();
    if (!strcmp(name, "list")) return list();
    if (!strcmp(name, "all")) return run_all();
    const struct probe *probe = probe_named(name);
    return probe ? run_probe(probe, "") : usage();
}
