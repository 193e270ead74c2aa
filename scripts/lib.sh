# Parts the scripts share. To be sourced from a script that has set -euo pipefail.
# shellcheck shell=bash

me=${0##*/}
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd -- "$root" || exit 70

# shellcheck disable=SC2034
# Exit codes of sysexits.h, so that a caller can tell a failed test from a missing program.
readonly EX_USAGE=64 EX_UNAVAILABLE=69 EX_SOFTWARE=70

say() { printf '%s: %s\n' "$me" "$*" >&2; }

# fail CODE MESSAGE...
fail() {
    local code=$1
    shift
    say "$@"
    exit "$code"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Finds cargo where rustup puts it even when the login shell has not.
need_cargo() {
    have cargo || PATH="${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:$PATH"
    have cargo || fail $EX_UNAVAILABLE "no cargo found. Install the Rust toolchain, see https://rustup.rs"
    export PATH
    export CARGO_BUILD_JOBS="${CARGO_BUILD_JOBS:-2}" # linking several test programs at once takes gigabytes
    export CARGO_NET_RETRY="${CARGO_NET_RETRY:-5}"
}

target_dir() {
    cargo metadata --no-deps --format-version 1 |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# Tokens of a JSON text, one a line: strings with their quotes, words, numbers, punctuation.
json_tokens() { grep -oE '"([^"\\]|\\.)*"|[][{}:,]|[^][{}:,"[:space:]]+'; }

# Every scalar of a JSON text as PATH<tab>VALUE, with paths like packages.0.dependencies.3.name.
json_flatten() {
    json_tokens | awk '
        function path(    i, p) {
            p = key[1]
            for (i = 2; i <= depth; i++) p = p "." key[i]
            return p
        }
        function scalar(token) { return token ~ /^"/ ? substr(token, 2, length(token) - 2) : token }
        /^[{[]$/ { depth++; kind[depth] = $0; key[depth] = $0 == "[" ? 0 : ""; naming = $0 == "{"; next }
        /^[]}]$/ { depth--; naming = 0; next }
        $0 == ":" { naming = 0; next }
        $0 == "," { if (kind[depth] == "[") key[depth]++; else naming = 1; next }
        naming { key[depth] = scalar($0); next }
        { print path() "\t" scalar($0) }'
}

# --- telling tests from the rest -----------------------------------------------------------------

# test_modules FOLDER...: paths of the modules declared as "#[cfg(test)] mod NAME;" below them.
test_modules() {
    local file folder
    while IFS= read -r -d '' file; do
        case ${file##*/} in
            lib.rs | mod.rs | main.rs) folder=${file%/*} ;;
            *) folder=${file%.rs} ;;
        esac
        awk -v folder="$folder" '
            /^[ \t]*#\[cfg\(test\)\]/ { armed = 1; sub(/^[ \t]*#\[cfg\(test\)\][ \t]*/, "") }
            /^[ \t]*(#|$)/ { next }
            armed && /^[ \t]*(pub(\([^)]*\))? )?mod [a-z0-9_]+;/ {
                sub(/^.*mod /, ""); sub(/;.*/, ""); print folder "/" $0
            }
            { armed = 0 }' "$file"
    done < <(find "$@" -name '*.rs' -print0)
}

# A file without the bodies of its in-file test modules, each line with its number. Such a module
# ends at the first closing brace in the column of its "mod", as rustfmt writes it.
public_lines() {
    awk '
        skipping { if ($0 == closing) skipping = 0; next }
        /^[ \t]*#\[cfg\(test\)\]$/ { armed = 1; next }
        armed && /^[ \t]*#/ { next }
        armed && /^[ \t]*(pub(\([^)]*\))? )?mod [a-z0-9_]+ \{$/ {
            armed = 0; skipping = 1; closing = $0; sub(/[^ \t].*/, "}", closing); next
        }
        { armed = 0; print FNR ":" $0 }
        END { if (skipping) { print FNR ": test module without an end"; exit 1 } }' "$1"
}

# is_test FILE MODULE...: whether the file belongs to one of these modules.
is_test() {
    local file=$1 module
    shift
    for module; do
        case $file in "$module.rs" | "$module"/*) return 0 ;; esac
    done
    return 1
}

# --- running a program so that nothing of it stays behind ------------------------------------------
# The program gets a session and an environment variable of its own. Whatever it started can be told
# by one of the two, though runners give every test its own process group and tests kill their parents.

run_mark=
run_session=
run_folder=

# contained COMMAND...: runs it, returns its exit code, stops what it left. Needs stop_on_exit.
contained() {
    local code=0
    run_folder=$(mktemp -d "${TMPDIR:-/tmp}/$me.XXXXXX")
    # Tests that play another user pass through it; what they make has its own rights.
    chmod 711 "$run_folder"
    run_mark="SOCIAL_SCRIPT_RUN=$run_folder"
    if [ -d /proc/self ] && have setsid && env --default-signal=INT true 2>/dev/null; then
        # A shell starts background programs with SIGINT ignored; tests of a graceful stop need it.
        TMPDIR=$run_folder env --default-signal=INT,QUIT "$run_mark" setsid "$@" </dev/null &
        run_session=$!
        wait "$run_session" || code=$?
    else
        TMPDIR=$run_folder "$@" </dev/null || code=$?
    fi
    stop_started "was still running afterwards"
    return "$code"
}

# Process ids of everything that contained has started and that still lives.
started() {
    [ -n "$run_session" ] || return 0
    local stat line pid
    {
        for stat in /proc/[0-9]*/stat; do
            { read -r line <"$stat"; } 2>/dev/null || continue
            # PID (NAME) STATE PARENT GROUP SESSION ...; a name may hold blanks and brackets.
            # shellcheck disable=SC2086
            set -- ${line##*) }
            [ "$1" != Z ] && [ "$4" = "$run_session" ] && echo "${line%% *}"
        done
        grep -lsaz -- "^$run_mark\$" /proc/[0-9]*/environ | while IFS=/ read -r _ _ pid _; do
            echo "$pid"
        done
    } | sort -un
}

# stop_started [REMARK]: ends what started names, politely at first; with a remark it tells which.
stop_started() {
    local remark=${1:-} pids tries
    pids=$(started) || true
    if [ -n "$pids" ]; then
        local pid
        for pid in $pids; do
            [ -z "$remark" ] ||
                say "process $pid ($(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-120)) $remark"
            kill -TERM "$pid" 2>/dev/null || true
            kill -CONT "$pid" 2>/dev/null || true # a stopped process cannot end
        done
        for tries in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            pids=$(started) || true
            [ -n "$pids" ] || break
            [ "$tries" -lt 15 ] || for pid in $pids; do kill -KILL "$pid" 2>/dev/null || true; done
            sleep 0.2
        done
    fi
    run_session=
    [ -z "$run_folder" ] || rm -rf -- "$run_folder"
    run_folder=
}

stop_on_exit() {
    trap stop_started EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
