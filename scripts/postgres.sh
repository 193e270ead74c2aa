# A throw-away PostgreSQL with a PgBouncer in front of it. To be sourced after lib.sh.
# shellcheck shell=bash disable=SC2015,SC2086 # lib.sh makes the codes numbers

# postgres_bin: the folder of the PostgreSQL to be used, with initdb, postgres and pg_dump.
postgres_bin() {
    local folder folders in_path
    in_path=$(command -v initdb || true)
    [ -z "$in_path" ] || in_path=$(dirname -- "$(readlink -f -- "$in_path")")
    folders=$(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
        /usr/local/opt/postgresql*/bin /Applications/Postgres.app/Contents/Versions/*/bin | sort -Vr)
    while read -r folder; do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ -x "$folder/pg_dump" ] || continue
        echo "$folder"
        return
    done <<<"${PG_BIN:-}"$'\n'"$in_path"$'\n'"$folders"
    return 1
}

# pgbouncer_program: the path of the PgBouncer to be used. Debian puts it where only root looks.
pgbouncer_program() {
    local program
    for program in "${PGBOUNCER:-}" "$(command -v pgbouncer || true)" /usr/sbin/pgbouncer; do
        [ -f "$program" ] && [ -x "$program" ] || continue
        echo "$program"
        return
    done
    return 1
}

# --- the keeper ------------------------------------------------------------------------------------
# A process of its own that starts both servers, waits, and stops them. What it waits for is up to
# whoever starts it, so that the servers end even when that one is killed.

# keep_postgres FOLDER DURABLE WAIT...: makes everything in FOLDER, prints the environment of those who
# use the servers, one NAME=VALUE a line, runs WAIT, stops the servers and removes FOLDER.
keep_postgres() {
    kept=$1 durable=$2
    shift 2
    trap stop_postgres EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    pg_bin=$(postgres_bin) || fail $EX_UNAVAILABLE "no PostgreSQL found; run scripts/install-missing"
    bouncer=$(pgbouncer_program) || fail $EX_UNAVAILABLE "no PgBouncer found; run scripts/install-missing"
    choose_user
    make_cluster
    on_some_port start_postgres || { cat "$kept/postgres.log" >&2; fail $EX_SOFTWARE "PostgreSQL does not start"; }
    postgres_port=$port
    on_some_port start_bouncer || { cat "$kept/bouncer.log" >&2; fail $EX_SOFTWARE "PgBouncer does not start"; }
    echo "DATABASE_URL=postgres://postgres:$password@127.0.0.1:$postgres_port/postgres"
    echo "PGBOUNCER_URL=postgres://postgres:$password@127.0.0.1:$port/postgres"
    echo "PG_BIN=$pg_bin"
    [ -z "$durable" ] || echo "PGDATA=$kept/data"
    exec >/dev/null # the reader has all
    "$@"
}

postgres_process=
bouncer_process=

stop_postgres() {
    [ -z "$bouncer_process" ] || kill -KILL "$bouncer_process" 2>/dev/null || true
    if [ -n "$postgres_process" ]; then
        kill -QUIT "$postgres_process" 2>/dev/null || true # at once: what it holds goes with it
        kill -CONT "$postgres_process" 2>/dev/null || true
    fi
    wait 2>/dev/null
    rm -rf -- "$kept"
}

# Both servers refuse root.
choose_user() {
    as=()
    user=$(id -un)
    [ "$(id -u)" = 0 ] || return 0
    setpriv --pdeathsig TERM true 2>/dev/null ||
        fail $EX_UNAVAILABLE "PostgreSQL refuses root, and util-linux's setpriv, to become another user, is not here"
    user=nobody
    ! id -u postgres >/dev/null 2>&1 || user=postgres
    as=(--reuid="$user" --regid="$(id -g "$user")" --clear-groups)
}

# private FILE: standard input becomes a file that only the servers' user reads.
private() {
    (umask 077 && cat >"$kept/$1")
    [ "$(id -u)" != 0 ] || chown "$user" "$kept/$1"
}

# server LOG SIGNAL PROGRAM...: becomes PROGRAM, as the servers' user and in a folder that this one may
# enter. On Linux it gets SIGNAL when the keeper is killed.
server() {
    exec >>"$kept/$1" 2>&1 </dev/null
    local become=()
    ! setpriv --pdeathsig "$2" true 2>/dev/null || become=(setpriv --pdeathsig "$2" "${as[@]+"${as[@]}"}")
    shift 2
    cd -- "$kept" || exit
    LC_ALL=C exec "${become[@]+"${become[@]}"}" "$@"
}

make_cluster() {
    chmod 711 "$kept"
    mkdir -m 700 "$kept/data"
    [ "$(id -u)" != 0 ] || chown "$user" "$kept/data"
    # A password, so that other users of the machine stay out. In clear text on the loopback: each test
    # connects a few times, and the usual exchange takes the client 4096 rounds of hashing.
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    private password <<<"$password"
    (server initdb.log TERM "$pg_bin/initdb" -D "$kept/data" -U postgres -A password --pwfile="$kept/password" \
        -E UTF8 --no-locale --no-sync) || { cat "$kept/initdb.log" >&2; fail $EX_SOFTWARE "initdb failed"; }
}

# on_some_port START: tries START with several ports, since others may have taken one.
on_some_port() {
    local try
    for try in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 12000))
        ! "$1" || return 0
    done
    say "ten ports tried, $try in vain"
    return 1
}

# Starts the server on $port and waits until it takes connections.
start_postgres() {
    local settings=()
    [ -n "$durable" ] || settings=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
    (server postgres.log QUIT "$pg_bin/postgres" -D "$kept/data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c max_connections=200 -c shared_buffers=64MB \
        "${settings[@]+"${settings[@]}"}") &
    postgres_process=$!
    while kill -0 "$postgres_process" 2>/dev/null; do
        # The first line says whose file it is: a server that was killed leaves its own.
        ! awk -v pid="$postgres_process" 'NR == 1 { mine = $1 == pid } NR == 8 { ready = $1 == "ready" }
            END { exit !(mine && ready) }' "$kept/data/postmaster.pid" 2>/dev/null || return 0
        sleep 0.05
    done
    return 1
}

# Starts PgBouncer on $port. All is as it comes but for the mode: it refuses startup parameters it
# does not know, and prepares no statements for its clients, which versions before 1.21 cannot.
start_bouncer() {
    local version
    version=$("$bouncer" --version | sed -n 's/^PgBouncer *//p')
    private users <<<"\"postgres\" \"$password\""
    private bouncer.ini <<END
[databases]
* = host=127.0.0.1 port=$postgres_port
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = md5
auth_file = $kept/users
pool_mode = transaction
default_pool_size = 20
max_client_conn = 500
$([ "$(printf '%s\n' 1.21 "$version" | sort -V | head -1)" != 1.21 ] || echo "max_prepared_statements = 0")
END
    : >"$kept/bouncer.log"
    (server bouncer.log KILL "$bouncer" "$kept/bouncer.ini") &
    bouncer_process=$!
    while kill -0 "$bouncer_process" 2>/dev/null; do
        ! grep -q "process up" "$kept/bouncer.log" || return 0
        sleep 0.05
    done
    return 1
}

# --- what a keeper may wait for --------------------------------------------------------------------

# Until standard input ends. A durable server that was killed is started again meanwhile, on its port.
until_closed() {
    local code
    while :; do
        code=0
        read -r -t 0.2 || code=$?
        [ "$code" -gt 128 ] || return 0
        [ -z "$durable" ] || kill -0 "$postgres_process" 2>/dev/null || revive_postgres
    done
}

# until_gone PROCESS: until that process has ended.
until_gone() {
    while is_alive "$1"; do sleep 0.2; done
}

is_alive() {
    kill -0 "$1" 2>/dev/null || return 1
    # Ended, but nobody has asked how yet.
    [ ! -r "/proc/$1/stat" ] || ! grep -q '^[0-9]* (.*) Z ' "/proc/$1/stat" 2>/dev/null
}

# What the old server has left behind must end first, which takes a moment.
revive_postgres() {
    local try
    port=$postgres_port
    wait "$postgres_process" 2>/dev/null || true
    for try in $(seq 100); do
        ! start_postgres || return 0
        sleep 0.1
    done
    cat "$kept/postgres.log" >&2
    fail $EX_SOFTWARE "PostgreSQL does not start again, tried $try times"
}
