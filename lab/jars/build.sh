#!/usr/bin/env bash
# Compiles one class of this folder into a jar: build.sh CLASS FLINK_HOME JAR [SED-EXPRESSION-ON-THE-SOURCE]
# Byte code 8, so that one jar runs on every Flink; entries have a fixed time, so that the same source is the same jar.
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,3p "$0"; exit 2; }
class=$1 home=$2 jar=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src" "$work/classes"
sed -e "${4:-}" "$(dirname "$0")/$class.java" >"$work/src/$class.java"
javac -nowarn -Xlint:-options --release 8 -cp "$home/lib/*" -d "$work/classes" "$work/src/$class.java"
manifest=$work/manifest
[ "$class" = Shout ] || echo "Main-Class: lab.$class" >"$manifest"
touch "$manifest"
jar --create --date=2020-01-01T00:00:00Z --file "$jar" --manifest "$manifest" -C "$work/classes" .
