#!/usr/bin/env bash
# Prints the verdict about a key, and ends as `seedance-sim verdict` does.
set -euo pipefail

url=${BASE_URL:-${SEEDANCE_URL:-}}
if [ -z "$url" ] || [ -z "${SEEDANCE_COMMAND:-}" ]; then
    echo "::error::No simulator runs in this job: the action simulator comes first"
    exit 2
fi

status=0
said=$("$SEEDANCE_COMMAND" verdict --base-url "$url" --key "${KEY:-${SEEDANCE_KEY:-}}" \
    --fail-on "$FAIL_ON" --as "$SUBJECT" 2>&1) || status=$?

# A finding quotes what clients sent: the log must not obey it, nor the summary show it as markup.
word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$word"
printf '%s\n' "$said"
echo "::$word::"
{
    echo "### seedance-sim: what the client did"
    echo "<pre>$(printf '%s' "$said" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g')</pre>"
} >>"$GITHUB_STEP_SUMMARY"

case $status in
0) verdict=pass ;;
1) verdict=fail ;;
*) verdict=none ;;
esac
echo "verdict=$verdict" >>"$GITHUB_OUTPUT"
[ $status -eq 0 ] || echo "::error::seedance-sim: the verdict is: $verdict"
exit $status
