#!/usr/bin/env bash
# The scan step of action.yml: annotations on standard output, SARIF to a file, Markdown to the job's summary.
set -euo pipefail

# The lines of a variable that are not blank, as words of an array.
lines() { # ARRAY TEXT
    local -n into=$1
    local line
    while IFS= read -r line; do
        if [[ $line =~ [^[:space:]] ]]; then
            into+=("$line")
        fi
    done <<<"$2"
}

images=() further=()
lines images "${INPUT_IMAGES:?}"
lines further "${INPUT_ARGS:-}"

outputs=(-o "sarif=${INPUT_SARIF:-imgscan.sarif}")
if [[ ${INPUT_SUMMARY:-true} == true && -n ${GITHUB_STEP_SUMMARY:-} ]]; then
    report=$(mktemp)
    trap 'rm -f "$report"' EXIT
    outputs+=(-o "markdown=$report")
fi

status=0
imgscan scan --format github --fail-on "${INPUT_FAIL_ON:-high}" "${outputs[@]}" "${further[@]}" "${images[@]}" || status=$?

# Steps before this one may have written to the summary: it is added to, not replaced.
if [[ -n ${report:-} ]]; then
    cat "$report" >>"$GITHUB_STEP_SUMMARY"
fi
{
    echo "sarif=${INPUT_SARIF:-imgscan.sarif}"
    echo "status=$status"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
