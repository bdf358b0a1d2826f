#!/usr/bin/env bash
# A real one-broker Kafka (KRaft) for tests, from Maven's repository, on loopback unless told, on free ports. Needs Java 17.
#   lab/kafka.sh fetch JARS             brings its jars into the folder JARS, once
#   lab/kafka.sh up DIR JARS [HOST]     starts it in DIR, at an address of this machine, and prints KAFKA_BOOTSTRAP=HOST:PORT
#   lab/kafka.sh topic DIR NAME [N]     makes a topic with N partitions
#   lab/kafka.sh put DIR NAME           writes the lines of standard input
#   lab/kafka.sh get DIR NAME N         prints the first N records of a topic, waiting for them up to a minute
#   lab/kafka.sh down DIR               ends exactly what `up` started there and removes DIR
set -euo pipefail

VERSION=4.1.0

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The start time makes a pid unmistakable.
started_at() {
  awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null || true
}

alive() {
  local pid start
  [ -f "$1/pid" ] && read -r pid start <"$1/pid" && [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

fetch() {
  local jars=$1 work
  [ ! -f "$jars/.complete-$VERSION" ] || return 0
  mkdir -p "$(dirname "$jars")"
  work=$(mktemp -d "$(dirname "$jars")/.kafka-XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  # kafka-tools has the console clients; slf4j-simple logs to standard error without any set-up.
  cat >"$work/pom.xml" <<POM
<project><modelVersion>4.0.0</modelVersion><groupId>lab</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$VERSION</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$VERSION</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
POM
  mvn -q -B -ntp -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/jars" >&2
  rm -f "$work"/jars/log4j-slf4j* "$work"/jars/slf4j-reload4j*
  touch "$work/jars/.complete-$VERSION"
  rm -rf "$jars"
  mv "$work/jars" "$jars"
}

# run DIR CLASS ARGUMENT...: replaces the shell, so that the pid is that of Java.
run() {
  local dir=$1
  shift
  exec java "-Xmx${HEAP:-128}m" -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Djava.io.tmpdir="$dir" \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$(cat "$dir/jars")/*" "$@"
}

up() {
  local dir=$1 jars=$2 host=${3:-127.0.0.1} port controller
  if ! alive "$dir"; then
    mkdir -p "$dir"
    (cd "$jars" && pwd) >"$dir/jars"
    port=$(free_port)
    controller=$(free_port)
    cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://$host:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://$host:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$dir/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=2
PROPERTIES
    (run "$dir" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qk -c "$dir/server.properties" --ignore-formatted) >"$dir/log" 2>&1
    (HEAP=256 run "$dir" kafka.Kafka "$dir/server.properties") </dev/null >>"$dir/log" 2>&1 &
    echo "$! $(started_at $!)" >"$dir/pid"
    echo "$host:$port" >"$dir/address"
    for _ in $(seq 900); do
      ! (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null || break
      alive "$dir" || { tail -n 20 "$dir/log" >&2; return 1; }
      sleep 0.1
    done
  fi
  echo "KAFKA_BOOTSTRAP=$(cat "$dir/address")"
}

end() {
  local dir=$1 pid
  if alive "$dir"; then
    read -r pid _ <"$dir/pid"
    kill -TERM "$pid"
    for _ in $(seq 100); do
      alive "$dir" || break
      sleep 0.1
    done
    ! alive "$dir" || kill -KILL "$pid"
  fi
  rm -rf "$dir"
}

case "${1:-} $#" in
  "fetch 2") fetch "$2" ;;
  "up 3" | "up 4") fetch "$3"; up "$2" "$3" "${4:-}" ;;
  "topic 3" | "topic 4")
    run "$2" org.apache.kafka.tools.TopicCommand --bootstrap-server "$(cat "$2/address")" --create --if-not-exists --topic "$3" --partitions "${4:-1}" >&2 ;;
  "put 3") run "$2" org.apache.kafka.tools.ConsoleProducer --bootstrap-server "$(cat "$2/address")" --topic "$3" >&2 ;;
  "get 4")
    run "$2" org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$(cat "$2/address")" --topic "$3" --from-beginning \
      --max-messages "$4" --timeout-ms 60000 --isolation-level read_committed ;;
  "down 2") end "$2" ;;
  *) sed -n 2,9p "$0"; exit 2 ;;
esac
