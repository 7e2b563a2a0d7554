# Sourced by ./fovea and ./mvnw: prints the home of a JDK 25.0.3 or later update, or says what to install.
# Order: FOVEA_JAVA_HOME, JAVA_HOME, PATH, the usual places.

# Succeeds when the JDK at $1 is 25.0.3 or a later update of 25. Earlier updates can corrupt pinned arrays under G1.
fovea_jdk_ok() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -f "$1/release" ] || return 1
  version=$(sed -n 's/^JAVA_VERSION="\([^"]*\)".*/\1/p' "$1/release")
  case "$version" in
    25.0.[012]) return 1 ;;
    25.*.*) return 0 ;;
    *) return 1 ;;
  esac
}

fovea_find_jdk() {
  on_path=$(command -v java 2>/dev/null || true)
  if [ -n "$on_path" ]; then
    on_path=$(readlink -f "$on_path" 2>/dev/null || printf '%s' "$on_path")
    on_path=${on_path%/bin/java}
  fi
  for home in "${FOVEA_JAVA_HOME:-}" "${JAVA_HOME:-}" "$on_path" \
    /usr/lib/jvm/*25* /usr/java/*25* /opt/java/*25* /opt/*jdk*25* \
    "$HOME"/.sdkman/candidates/java/25* "$HOME"/.jdks/*25* "$HOME"/.jbang/cache/jdks/25* \
    /Library/Java/JavaVirtualMachines/*25*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
    if [ -n "$home" ] && fovea_jdk_ok "$home"; then
      printf '%s\n' "$home"
      return 0
    fi
  done
  echo "fovea: no JDK 25.0.3 or later 25 update found (looked at FOVEA_JAVA_HOME, JAVA_HOME, PATH and the usual places)." >&2
  echo "fovea: install Temurin 25 (https://adoptium.net/temurin/releases/?version=25) or set JAVA_HOME to one." >&2
  return 1
}
