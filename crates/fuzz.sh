#!/bin/sh
# Runs a fuzz target with stable Rust: coverage by LLVM's own pass, no sanitizer.
# usage: fuzz.sh source|layers TARGET [SECONDS]     (the targets are the files in imgscan-CRATE/fuzz/targets)
# It starts from imgscan-CRATE/fuzz/seeds/TARGET, or from what imgscan-CRATE/fuzz/seeds.sh TARGET puts into a directory.
set -eu
cd "$(dirname "$0")/imgscan-$1/fuzz"
target=$2
seconds=${3:-600}
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
cargo build --release --target "$host" --bin "$target"
corpus=$(mktemp -d)
if [ -f seeds.sh ]; then sh seeds.sh "$target" "$corpus"; else cp seeds/"$target"/* "$corpus"; fi
"${CARGO_TARGET_DIR:-target}/$host/release/$target" "$corpus" -max_total_time="$seconds" -max_len=65536 \
    -timeout=10 -rss_limit_mb=256 -print_final_stats=1
