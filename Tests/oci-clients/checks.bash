#!/bin/bash
# The words that checks are written in. Each prints `ok SENTENCE` or `not ok SENTENCE` and, after a failure, the output.
failures=0

passed() { echo "ok $1"; }
failed() {
    failures=$((failures + 1))
    echo "not ok $1"
    sed 's/^/    /' <<<"$2" | tail -n 25
}

# Runs a command for a bounded time; a function of the client's own is bounded by the whole run's limit.
limited() {
    if [ "$(type -t "$1")" = function ]; then "$@"; else timeout -k 5 90 "$@"; fi
}

# wrapper NAME COMMAND…: puts a program NAME first in PATH that runs the command with the arguments it is given.
wrapper() {
    local name=$1
    shift
    mkdir -p "$work/bin"
    {
        echo '#!/bin/bash'
        printf 'exec'
        printf ' %q' "$@"
        echo ' "$@"'
    } >"$work/bin/$name"
    chmod 0755 "$work/bin/$name"
    export PATH=$work/bin:$PATH
}

# expect SENTENCE PATTERN COMMAND…: the command succeeds and what it prints matches the extended regular expression.
expect() {
    local sentence=$1 pattern=$2 output status=0
    shift 2
    output=$(limited "$@" 2>&1 </dev/null) || status=$?
    if [ "$status" -eq 0 ] && grep -Eq -- "$pattern" <<<"$output"; then
        passed "$sentence"
    else
        failed "$sentence" "$* (status $status, wanted 0 and /$pattern/)
$output"
    fi
}

# expect_status NUMBER SENTENCE COMMAND…: the command ends with this status.
expect_status() {
    local wanted=$1 sentence=$2 output status=0
    shift 2
    output=$(limited "$@" 2>&1 </dev/null) || status=$?
    if [ "$status" -eq "$wanted" ]; then
        passed "$sentence"
    else
        failed "$sentence" "$* (status $status, wanted $wanted)
$output"
    fi
}

# eventually SENTENCE PATTERN COMMAND…: as expect, asked again for up to 20 seconds.
eventually() {
    local sentence=$1 pattern=$2 output=
    shift 2
    for _ in $(seq 100); do
        output=$(limited "$@" 2>&1 </dev/null) || true
        if grep -Eq -- "$pattern" <<<"$output"; then
            passed "$sentence"
            return
        fi
        sleep 0.2
    done
    failed "$sentence" "$* (after 20 s, wanted /$pattern/)
$output"
}

# in_terminal COMMAND…: the command with a terminal of its own.
in_terminal() { script --quiet --return --command "$(printf '%q ' "$@")" /dev/null; }

# wait_for_daemon LOG COMMAND…: until the command succeeds; a daemon that does not come up fails the client.
wait_for_daemon() {
    local log=$1
    shift
    for _ in $(seq 100); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.2
    done
    failed "the daemon answers" "$(tail -n 15 "$log")"
    exit 1
}
