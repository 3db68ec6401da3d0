#!/bin/sh
# Runs a fuzz target with stable Rust: coverage by LLVM's own pass, no sanitizer.
# usage: run.sh module [SECONDS]
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
cp ../testdata/programs/*.py "$corpus"
"${CARGO_TARGET_DIR:-target}/$host/release/$target" "$corpus" -dict=python.dict -max_total_time="$seconds" \
    -max_len=16384 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
