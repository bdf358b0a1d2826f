#!/usr/bin/env bash
# Real database servers for tests: PostgreSQL and MariaDB from Debian packages, on loopback and free ports.
#   lab/databases.sh install            as root: installs what is missing
#   lab/databases.sh up DIR             starts both in DIR and prints their addresses as KEY=VALUE
#   lab/databases.sh down DIR           ends exactly what `up` started there and removes DIR
# PostgreSQL does not run as root: as root it is started in a user namespace in which it is user 1000.
set -euo pipefail

PASSWORD=streamwright-lab

tools() {
  PG=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
  PG=${PG%/initdb}
  MARIADB=$(command -v mariadbd || true)
}

install() {
  local missing=()
  tools
  [ -n "$PG" ] || missing+=(postgresql)
  [ -n "$MARIADB" ] || missing+=(mariadb-server)
  [ ${#missing[@]} -gt 0 ] || return 0
  apt-get update -q
  # Debian starts services after their installation; ours are started by `up` only.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# unprivileged COMMAND...: replaces the shell, so that the pid is that of the server.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then exec unshare -U --map-user=1000 --map-group=1000 "$@"; else exec "$@"; fi
}

# The start time makes a pid unmistakable.
started_at() {
  awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null || true
}

keep_pid() {
  echo "$2 $(started_at "$2")" >"$1/pid"
}

alive() {
  local pid start
  [ -f "$1/pid" ] && read -r pid start <"$1/pid" && [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

wait_for() {
  local dir=$1
  shift
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return
    alive "$dir" || break
    sleep 0.1
  done
  tail -n 20 "$dir/log" >&2
  return 1
}

up_postgres() {
  local dir=$1/postgres port
  alive "$dir" && return
  port=$(free_port)
  mkdir -p "$dir"
  echo "$PASSWORD" >"$dir/password"
  (unprivileged "$PG/initdb" -D "$dir/data" -U lab --pwfile="$dir/password" -A scram-sha-256 -E UTF8 --locale=C -N) >"$dir/initdb.log" 2>&1
  (unprivileged "$PG/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$dir" -c fsync=off \
    -c shared_buffers=32MB) </dev/null >"$dir/log" 2>&1 &
  sleep 0.3
  keep_pid "$dir" $!
  wait_for "$dir" "$PG/pg_isready" -q -h 127.0.0.1 -p "$port"
  echo "STREAMWRIGHT_TEST_POSTGRES=postgres://lab:$PASSWORD@127.0.0.1:$port/postgres" >"$dir/address"
}

up_mariadb() {
  local dir=$1/mariadb port user=()
  alive "$dir" && return
  [ "$(id -u)" != 0 ] || user=(--user=root)
  port=$(free_port)
  mkdir -p "$dir"
  mariadb-install-db --no-defaults "${user[@]}" --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db >"$dir/install.log" 2>&1
  mariadbd --no-defaults "${user[@]}" --datadir="$dir/data" --port="$port" --bind-address=127.0.0.1 --socket="$dir/socket" --pid-file="$dir/server.pid" \
    --innodb-buffer-pool-size=32M --innodb-flush-log-at-trx-commit=0 --performance-schema=OFF --skip-name-resolve </dev/null >"$dir/log" 2>&1 &
  sleep 0.3
  keep_pid "$dir" $!
  wait_for "$dir" mariadb-admin --no-defaults -u root --socket="$dir/socket" ping
  mariadb --no-defaults -u root --socket="$dir/socket" -e "create database lab character set utf8mb4;
    create user lab@'%' identified by '$PASSWORD'; grant all on *.* to lab@'%'; flush privileges"
  echo "STREAMWRIGHT_TEST_MYSQL=mysql://lab:$PASSWORD@127.0.0.1:$port/lab" >"$dir/address"
}

end() {
  local dir=$1 pid
  if alive "$dir"; then
    read -r pid _ <"$dir/pid"
    kill -TERM "$pid"
    # PostgreSQL waits for its clients after SIGTERM; SIGINT ends them.
    for _ in $(seq 100); do
      alive "$dir" || break
      kill -INT "$pid" 2>/dev/null || true
      sleep 0.1
    done
    ! alive "$dir" || kill -KILL "$pid"
  fi
  rm -rf "$dir"
}

case "${1:-} ${2:-}" in
  "install ") install ;;
  "up "?*)
    tools
    if [ -z "$PG" ] || [ -z "$MARIADB" ]; then
      echo "PostgreSQL or MariaDB is missing: sudo apt-get install postgresql mariadb-server" >&2
      exit 1
    fi
    up_postgres "$2"
    up_mariadb "$2"
    cat "$2/postgres/address" "$2/mariadb/address"
    ;;
  "down "?*) end "$2/postgres"; end "$2/mariadb"; rm -rf "$2" ;;
  *) sed -n 2,7p "$0"; exit 2 ;;
esac
