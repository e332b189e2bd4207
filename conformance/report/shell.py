"""Shell texts of a reproducer: what it defines once, and the lines of its steps."""

import shlex
from collections.abc import Iterable

POLL = """\
poll() {{ # the task, every WAIT seconds and LOOKS times at most, until it shows one of these words
  looks=0
  while [ $looks -lt "${{LOOKS:-200}}" ]; do
    looks=$((looks + 1))
    answer=$(curl -sS -w '\\nHTTP %{{http_code}}\\n' \\
      -H "Authorization: Bearer $SEEDANCE_API_KEY" "$BASE{path}") || true
    echo "$answer"
    case "$answer" in *HTTP\\ [45]*) return;; esac
    for word in "$@"; do case "$answer" in *"\\"$word\\""*) return;; esac; done
    sleep "${{WAIT:-{wait}}}"
  done
}}
"""
MEASURE = """\
measure() { # what the file is
  if command -v ffprobe >/dev/null; then
    ffprobe -v error -of default=noprint_wrappers=1 -show_entries \\
      format=duration:stream=codec_name,width,height,avg_frame_rate,nb_frames,channels "$1"
  elif command -v ffmpeg >/dev/null; then
    ffmpeg -hide_banner -i "$1" 2>&1 | grep -E 'Duration|Stream' || echo "$1 is no clip"
  else
    echo "there is neither ffprobe nor ffmpeg here: look at $1"
  fi
}
"""
RECEIVER = """\
# Prints what is posted to it and answers {status}. An endpoint that cannot reach this machine needs
# a public address that leads to PORT: give it as CALLBACK_URL.
PORT=${{PORT:-$((20000 + $$ % 20000))}}
CALLBACK_URL=${{CALLBACK_URL:-http://127.0.0.1:$PORT/done}}
cat > "${{TMPDIR:-/tmp}}/receiver.$$.py" <<'END'
import http.server, sys, time
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        print("CALLBACK", time.strftime("%H:%M:%S"), body.decode("utf-8", "replace"), flush=True)
        self.send_response({status})
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Receiver).serve_forever()
END
python3 "${{TMPDIR:-/tmp}}/receiver.$$.py" "$PORT" &
receiver=$!
trap 'kill $receiver; rm -f "${{TMPDIR:-/tmp}}/receiver.$$.py"' EXIT
tries=0
until curl -s -o /dev/null "http://127.0.0.1:$PORT/" || [ $tries -ge 50 ]; do
  tries=$((tries + 1))
  sleep 0.2
done
"""
ROOT = "ROOT=$(printf '%s' \"$BASE\" | sed 's#\\(https*://[^/]*\\).*#\\1#')"
NO_ID = 'if [ -z "$id" ]; then echo "the answer holds no id"; exit; fi'
LEDGER = 'curl -sS "$ROOT/_sim/ledger?key=$SEEDANCE_API_KEY"; echo'
QUIET = 'echo "no more than the callbacks above came within ${QUIET:-15} s of the end"'
UNSLASHED = r"sed -e 's#\\/#/#g' -e 's/\\u0026/\&/g'"


def poll(path: str, wait: int) -> str:
    """The function that waits for a task."""
    return POLL.format(path=path, wait=wait)


def receiver(status: int) -> str:
    """A receiver of callbacks in the background, which answers with this status."""
    return RECEIVER.format(status=status)


def waited(words: Iterable[str]) -> str:
    """Wait until the task shows one of the words."""
    return "poll " + " ".join(map(shlex.quote, words))


def taken(name: str, pointer: str) -> str:
    """Put what stands at a place of the answer into a variable; the place's own name finds it."""
    last = pointer.rpartition("/")[2]
    if last.isdigit():
        list_, _, _ = pointer.rpartition("/")
        start = f'"{list_.rpartition("/")[2]}" *: *\\[ *'
    else:
        start = f'"{last}" *: *'
    find = f's/.*{start}"\\([^"]*\\)".*/\\1/p'
    return (
        f"{name}=$(printf '%s' \"$answer\" | tr '\\n' ' ' | sed -n {shlex.quote(find)} | "
        f"{UNSLASHED})"
    )


def tampered() -> str:
    """Change one character of the link, of its signature where it has one that is known."""
    steps = (
        "s/X-Tos-Signature=0/X-Tos-Signature=1/", "s/X-Tos-Signature=[^0]/X-Tos-Signature=0/",
        "s/0$/1/", "s/.$/0/",
    )  # fmt: skip
    tried = " -e t ".join(f"-e '{step}'" for step in steps)
    return f"link=$(printf '%s' \"$link\" | sed {tried})"


def downloaded(name: str, options: Iterable[str]) -> list[str]:
    """Fetch the link into a file and say what came."""
    words = " ".join(["curl -sS -L -w 'HTTP %{http_code}, %{size_download} bytes\\n'", *options])
    return [
        'if [ -z "$link" ]; then echo "the answer holds no link"; exit; fi',
        f'file="${{TMPDIR:-/tmp}}/{name}"',
        f'{words} -o "$file" "$link" || echo "the download broke off"',
    ]


def moved(seconds: int) -> str:
    """Move the account's clock on a simulator."""
    body = f'{{"advance": "{seconds}s", "key": "\'"$SEEDANCE_API_KEY"\'"}}'
    return f"curl -sS \"$ROOT/_sim/clock\" -d '{body}'; echo"


def slept(seconds: int) -> str:
    """Wait as long, where nobody moves the clock."""
    return f'sleep "${{LATER:-{seconds}}}"  # LATER=0 does not wait'


def planned(plan: str, dialect: str) -> str:
    """Settle the end of the next order on a simulator."""
    body = (
        f'{{"match": {{"dialect": "{dialect}", "key": "\'"$SEEDANCE_API_KEY"\'"}}, '
        f'"times": 1, "plan": {plan}}}'
    )
    return f"curl -sS \"$ROOT/_sim/plans\" -d '{body}'; echo"
