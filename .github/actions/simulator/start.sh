#!/usr/bin/env bash
# Installs the simulator apart from the job's own Python, starts it, waits for its first line, and
# tells the following steps where it is.
set -euo pipefail

home=$RUNNER_TEMP/seedance-sim
mkdir -p "$home"
python=$(command -v python3 || command -v python)

if [ -z "$COMMAND" ]; then
    "$python" -m venv "$home/venv"
    programs=$home/venv/bin
    [ -d "$programs" ] || programs=$home/venv/Scripts # on Windows
    "$programs/python" -m pip install --quiet --disable-pip-version-check \
        "${PACKAGE:-$GITHUB_ACTION_PATH/../../..}"
    COMMAND=$programs/seedance-sim
fi

read -r -d '' -a flags <<<"$ARGUMENTS" || true
: >"$home/address"
# The step's end must not be the server's: the runner ends it with the job.
nohup "$COMMAND" serve --port "$PORT" ${flags[@]+"${flags[@]}"} \
    <<<'' >"$home/address" 2>"$home/log" &
server=$!

for _ in $(seq 600); do
    url=$(sed -n 's/^listening on //p' "$home/address")
    if [ -n "$url" ] || ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.1
done
if [ -z "$url" ]; then
    echo "::error::The simulator did not start: $(tail -n 1 "$home/log")"
    cat "$home/log"
    exit 1
fi

{
    echo "SEEDANCE_COMMAND=$COMMAND"
    echo "SEEDANCE_LOG=$home/log"
} >>"$GITHUB_ENV"
{
    echo "pid=$server"
    echo "log=$home/log"
} >>"$GITHUB_OUTPUT"
"$python" "$GITHUB_ACTION_PATH/addresses.py" "$url" "${KEY:-sk-ci-${GITHUB_RUN_ID}-${GITHUB_JOB}}"
echo "seedance-sim listens on $url"
