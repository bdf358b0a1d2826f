#!/usr/bin/env bash
# What the official Flink image's entrypoint does, as far as deployments rely on it.
cd "$FLINK_HOME" || exit 1
conf=${FLINK_CONF_DIR:-$FLINK_HOME/conf}

as_flink=()
[ "$(id -u)" != 0 ] || as_flink=(setpriv --reuid=9999 --regid=9999 --clear-groups --)

IFS=";"
for jar in ${ENABLE_BUILT_IN_PLUGINS:-}; do
  [ -e "opt/$jar" ] || { echo "Plugin $jar does not exist. Exiting."; exit 1; }
  mkdir -p "plugins/${jar%.jar}" && ln -sf "$FLINK_HOME/opt/$jar" "plugins/${jar%.jar}/"
done
IFS=$' \t\n'

put() { # KEY VALUE: into the flat configuration; only standalone commands may, native pods mount it read-only
  local file=$conf/config.yaml kept
  [ -e "$conf/flink-conf.yaml" ] && file=$conf/flink-conf.yaml
  kept=$(grep -v "^$1:" "$file")
  printf '%s\n%s: %s\n' "$kept" "$1" "$2" >"$file"
}

standalone() {
  put jobmanager.rpc.address "${JOB_MANAGER_RPC_ADDRESS:-$(hostname -f)}"
  [ -z "${FLINK_PROPERTIES:-}" ] || while IFS=: read -r key value; do
    [ -z "$key" ] || put "$key" "${value# }"
  done <<<"$FLINK_PROPERTIES"
}

case ${1:-help} in
  help) echo "usage: jobmanager | standalone-job | taskmanager | history-server | COMMAND..."; exit ;;
  jobmanager) standalone; shift; set -- bin/jobmanager.sh start-foreground "$@" ;;
  standalone-job) standalone; shift; set -- bin/standalone-job.sh start-foreground "$@" ;;
  taskmanager) standalone; shift; set -- bin/taskmanager.sh start-foreground "$@" ;;
  history-server) standalone; shift; set -- bin/historyserver.sh start-foreground "$@" ;;
esac
exec "${as_flink[@]}" "$@"
