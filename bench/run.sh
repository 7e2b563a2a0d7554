#!/bin/sh
# Builds the benchmarks and runs one of them: bench/run.sh KernelSpeed|StageSpeed|DecodeSpeed [name=value …]
#   FOVEA_JAVA_HOME, JAVA_HOME  a JDK 25 to use
#   FOVEA_BENCH_BUILT=yes       do not build, it has been done
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$home/.mvn/find-jdk.sh"
java_home=$(fovea_find_jdk)
[ $# -gt 0 ] || {
  echo 'usage: bench/run.sh KernelSpeed|StageSpeed|DecodeSpeed [name=value …]' >&2
  exit 2
}

if [ "${FOVEA_BENCH_BUILT:-}" != yes ]; then
  JAVA_HOME=$java_home "$home/mvnw" -q -f "$home/pom.xml" -pl bench -am -Dmaven.test.skip=true package >&2
fi
class=$1
shift
exec "$java_home/bin/java" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xmn16m -Xmx6g \
  -cp "$home/bench/target/classes:$(cat "$home/bench/target/class-path")" \
  "dev.fovea.bench.$class" "$@"
