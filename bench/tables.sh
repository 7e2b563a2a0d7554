#!/bin/sh
# Measures the tables of docs/performance.md and prints them as Markdown, with machine and commands.
#
#   bench/tables.sh [--out DIR] [--rounds N] [--cases REGEX] PART…
#
#   products    products with many rows, share of the peak
#   attention   attention of many rows and of one
#   steps       products with one row, share of the read bandwidth
#   rows        norms, activations and other operations on rows; conversions of weights
#   kernels     all of these
#   stages      where the time of tower, prompt and steps goes (6 GiB of memory)
#   table4      LLaVA-NeXT-7B with random weights as in Table 4 of the HiRED paper (8 GiB of memory)
#   all         everything, some hours
#
# Standard output has the tables, or DIR one file a part; standard error has each line as it is measured. With --cases
# only those kernels are measured whose names match.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$home/.mvn/find-jdk.sh"
JAVA_HOME=$(fovea_find_jdk)
export JAVA_HOME
out=
rounds=5
cases=.
parts=

usage() {
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --out | --rounds | --cases) [ $# -gt 1 ] || usage ;;
  esac
  case $1 in
    --out) out=$2 && shift ;;
    --rounds) rounds=$2 && shift ;;
    --cases) cases=$2 && shift ;;
    products | attention | steps | rows | stages | table4) parts="$parts $1" ;;
    kernels) parts="$parts products attention steps rows" ;;
    all) parts="$parts products attention steps rows stages table4" ;;
    *) usage ;;
  esac
  shift
done
[ -n "$parts" ] || usage

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# Runs a command, whose output goes to a file and to standard error, and adds it to those that the part names.
measure() {
  log=$1
  shift
  printf '%s' "$1" >>"$work/commands"
  for word in "$@"; do
    [ "$word" = "$1" ] || case $word in
      *[\ \|\(\)^\*\$]*) printf ' "%s"' "$word" >>"$work/commands" ;;
      *) printf ' %s' "$word" >>"$work/commands" ;;
    esac
  done
  echo >>"$work/commands"
  echo "$*" >&2
  status=0
  (cd "$home" && "$@" >"$log") || status=$?
  cat "$log" >&2
  return $status
}

# Runs KernelSpeed and adds a cell for each of its lines: row, column and what was measured, apart by tabs.
#   $1  regular expression of the part of a case's name that is the row
#   $2  the column, or nothing where it is the rest of the name
#   $3  what a cell shows: share or speed
#   …   options of KernelSpeed, only=… among them
cells() {
  row=$1
  column=$2
  shows=$3
  shift 3
  status=0
  measure "$work/log" bench/run.sh KernelSpeed "$@" "rounds=$rounds" || status=$?
  case $status in
    0) ;;
    3) return 0 ;; # this machine has no such technique: the table goes without the column
    *) return $status ;;
  esac
  awk -v row="$row" -v column="$column" -v shows="$shows" '
    match($0, / +[0-9.]+ G(OP|B)\/s +of +[0-9.]+ +[0-9]+ %/) {
      name = substr($0, 1, RSTART - 1)
      split(substr($0, RSTART, RLENGTH), word, " ")
      share = word[5] " %"
      speed = word[1] " " word[2]
      match(name, row)
      rest = substr(name, 1, RSTART - 1) substr(name, RSTART + RLENGTH)
      gsub(/  +/, " ", rest)
      gsub(/^ | $/, "", rest)
      sub(/^matmul /, "", rest)
      print substr(name, RSTART, RLENGTH) "\t" (column == "" ? rest : column) "\t" \
        (shows == "share" ? share : speed ", " share)
    }' "$work/log" >>"$work/cells"
}

# The cells so far as a table.
table() {
  [ -s "$work/cells" ] || {
    echo 'No case matches.'
    return
  }
  awk -F '\t' '
    !($1 in seen_row) { seen_row[$1]; rows[++n] = $1 }
    !($2 in seen_column) { seen_column[$2]; columns[++m] = $2 }
    { cell[$1, $2] = $3 }
    END {
      printf "|"
      for (c = 1; c <= m; c++) printf " | %s", columns[c]
      printf " |\n|---"
      for (c = 1; c <= m; c++) printf "|--:"
      print "|"
      for (r = 1; r <= n; r++) {
        printf "| %s", rows[r]
        for (c = 1; c <= m; c++) printf " | %s", cell[rows[r], columns[c]]
        print " |"
      }
    }' "$work/cells"
  : >"$work/cells"
}

# The cases of a pattern that --cases wants as well.
wanted() {
  if [ "$cases" = . ]; then printf '%s' "$1"; else printf '(?=.*(%s))%s' "$cases" "$1"; fi
}

products() {
  echo '## Products with many rows, share of the peak'
  echo
  while IFS='|' read -r column kernels compute kept weights; do
    cells '[0-9]+x[0-9]+x[0-9]+' "$column" share "kernels=$kernels" "compute=$compute" "kept=$kept" \
      "only=$(wanted "^matmul $weights (577|636|2000)x")"
  done <<'COLUMNS'
bf16 oneDNN, packed weights kept|onednn|bf16|true|BF16
bf16 oneDNN, packed each time|onednn|bf16|false|BF16
bf16 best, kept|best|bf16|true|BF16
int8 oneDNN by channel, kept|onednn|int8|true|BF16
int8 best, kept|best|int8|true|BF16
int8 in blocks, Q8_0|vnni|int8|false|interleaved Q8_0
int8 in blocks, Q4_0|vnni|int8|false|interleaved Q4_0
f32 oneDNN, kept|onednn|f32|true|F32
f32 vectors|vector|f32|false|F32
COLUMNS
  echo 'Rows x outputs x inputs.'
  echo
  table
}

attention() {
  echo '## Attention, share of the peak of f32 or bf16, of one row that of the read bandwidth'
  echo
  while IFS='|' read -r column kernels compute; do
    cells '.*' "$column" speed "kernels=$kernels" "compute=$compute" "only=$(wanted '^attention')"
  done <<'COLUMNS'
vectors, f32|vector|f32
best, bf16|best|bf16
COLUMNS
  table
}

steps() {
  echo '## Products with one row, share of the read bandwidth'
  echo
  cells '1x[0-9]+x[0-9]+' '' share kernels=vnni compute=int8 "only=$(wanted '^matmul interleaved Q.* 1x')"
  cells '1x[0-9]+x[0-9]+' '' share kernels=best compute=bf16 "only=$(wanted '^matmul (BF16|Q8_0|Q4_K) 1x')"
  table
}

rows() {
  echo '## Operations on rows, share of the read bandwidth'
  echo
  cells '^[a-zA-Z]+( [A-Z_]+)?' '' speed kernels=best compute=bf16 \
    "only=$(wanted '^(rms|layer|rope|softmax|activate|silu|add)')"
  table
  echo
  echo '## Conversions of weights, share of the read bandwidth'
  echo
  cells '^[a-z]+ [A-Z0-9_]+' '' speed kernels=best compute=int8 "only=$(wanted '^(unpack|quantize|interleave) ')"
  table
}

stages() {
  echo '## Where the time goes'
  while read -r options; do
    # shellcheck disable=SC2086 # a list of words
    measure "$work/log" bench/run.sh StageSpeed $options
    echo
    echo "\`$options\`"
    echo
    echo '| | time | share |'
    echo '|---|--:|--:|'
    awk '
      match($0, /: [0-9]+ ms, /) {
        split(substr($0, RSTART + 2), part, ", ")
        print "| **" substr($0, 1, RSTART - 1) "** | " part[1] " | " part[3] " |"
      }
      match($0, /^  /) {
        match($0, / +[0-9.]+ ms +[0-9.]+ %$/)
        split(substr($0, RSTART), word, " ")
        print "| " substr($0, 3, RSTART - 3) " | " word[1] " ms | " word[3] " % |"
      }' "$work/log"
  done <<'RUNS'
compute=int8 format=Q4_0 tiles=5 rows=2940
compute=int8 format=Q4_0 tiles=1 rows=636
compute=bf16 format=BF16 tiles=5 rows=2940
RUNS
}

table4() {
  echo '## LLaVA-NeXT-7B, Q4_0 weights, int8 arithmetic: Table 4 of the HiRED paper'
  for tokens in 15 100; do
    measure "$work/log" ./fovea bench --shape llava-next-7b --weights q4_0 --compute int8 --cache f16 \
      --methods none,hired --budgets 0.4,0.2,0.1 --runs 3 --new-tokens $tokens --peak
    echo
    awk -F '   *' '
      /^method/ { # a table: its columns are apart by two blanks or more
        inside = 1
        print ""
      }
      /^$/ { inside = 0 }
      inside {
        printf "|"
        for (c = 1; c <= NF; c++) printf " %s |", $c
        print ""
        if (/^method/) {
          printf "|"
          for (c = 1; c <= NF; c++) printf c == 1 ? "---|" : "--:|"
          print ""
        }
        next
      }
      /./ { print $0 "  " }' "$work/log"
  done
}

machine() {
  processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
  echo
  echo "${processor:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) processors, $(uname -s)," \
    "$("$JAVA_HOME/bin/java" --version | head -n 1), $(date -u +%Y-%m-%d):"
  echo
  echo '```'
  cat "$work/commands"
  echo '```'
}

"$home/mvnw" -q -f "$home/pom.xml" -pl bench -am -Dmaven.test.skip=true package >&2
FOVEA_BENCH_BUILT=yes
export FOVEA_BENCH_BUILT
[ -z "$out" ] || mkdir -p "$out"
for part in $parts; do
  : >"$work/commands"
  : >"$work/cells"
  $part >"$work/table"
  machine >>"$work/table"
  if [ -n "$out" ]; then
    cp "$work/table" "$out/$part.md"
  else
    cat "$work/table"
    echo
  fi
done
