#!/bin/sh
# Runs a fuzz target with stable Rust: coverage by LLVM's own pass, no sanitizer. The recorded cases are the seeds.
# usage: run.sh script [SECONDS]
set -eu
cd "$(dirname "$0")"
target=$1
seconds=${2:-600}
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
cargo build --release --target "$host" --bin "$target"
corpus=$(mktemp -d)
# One file a case; its number, as a character, is the byte that names the shell.
sed -n 's/.*"script":"\(\([^"\\]\|\\.\)*\)".*/\1/p' ../testdata/cases.jsonl | nl -ba -w1 -s' ' |
    while read -r number script; do
        printf '%b%b' "\\0$(printf '%o' $((number % 5)))" "$(printf '%s' "$script" | sed 's/\\"/"/g')" \
            > "$corpus/$number"
    done
"${CARGO_TARGET_DIR:-target}/$host/release/$target" "$corpus" -max_total_time="$seconds" -max_len=65536 \
    -timeout=60 -rss_limit_mb=1024 -print_final_stats=1
