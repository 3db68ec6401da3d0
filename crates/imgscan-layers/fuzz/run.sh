#!/bin/sh
# Runs a fuzz target with stable Rust: coverage by LLVM's own pass, no sanitizer.
# usage: run.sh config|tar|blob [SECONDS]
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
case $target in
    tar) for file in ../testdata/tar/*.gz; do gzip -dc "$file" > "$corpus/$(basename "$file" .gz)"; done ;;
    blob) cp ../testdata/tar/*.gz "$corpus" ;;
    config) cp seeds/config/* "$corpus" ;;
esac
"${CARGO_TARGET_DIR:-target}/$host/release/$target" "$corpus" -max_total_time="$seconds" -max_len=65536 \
    -timeout=10 -rss_limit_mb=256 -print_final_stats=1
