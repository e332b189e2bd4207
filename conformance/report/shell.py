"""Shell texts of a reproducer: what it defines once, and the lines of its steps."""

import shlex
from collections.abc import Iterable

# Whatever a script takes from an answer was written by whoever runs the endpoint. So no text of it
# is ever a word of a command that could be an option, a glob, a scheme or a place in the file
# system; it is bounded before it is kept, and a terminal gets it without what it would obey.
CURL = "curl -g -sS --proto =http,https --proto-redir =http,https"
BODY, FILE, CALL_S, FILE_S = 1_000_000, 256 * 2**20, 120, 600
SAID = f"""\
said() {{ # the first bytes, without what a terminal obeys (below: C1 controls, as UTF-8 has them)
  head -c {BODY} | LC_ALL=C tr -d '\\000-\\010\\013-\\037\\177' |
    LC_ALL=C sed "s/$(printf '\\302')[$(printf '\\200')-$(printf '\\237')]//g"
}}
"""
FOLDER = """\
folder=$(mktemp -d "${TMPDIR:-/tmp}/seedance.XXXXXX")  # files that the script makes, nothing else
"""
POLL = """\
poll() {{ # the task, every WAIT seconds and LOOKS times at most, until it shows one of these words
  looks=0
  while [ $looks -lt "${{LOOKS:-200}}" ]; do
    looks=$((looks + 1))
    answer=$({curl} -m {seconds} -w '\\nHTTP %{{http_code}}\\n' \\
      -H "Authorization: Bearer $SEEDANCE_API_KEY" --url "$BASE{path}" | said) || true
    printf '%s\\n' "$answer"
    case "$answer" in *HTTP\\ [45]*) return;; esac
    for word in "$@"; do case "$answer" in *"\\"$word\\""*) return;; esac; done
    sleep "${{WAIT:-{wait}}}"
  done
}}
"""
MEASURE = """\
measure() { # what the file is; its format is told by its first bytes, never guessed by a tool
  # Whichever tool there is, a size reads WIDTHxHEIGHT.
  case "$(od -An -tx1 -N4 "$1" | tr -d ' ')" in
    89504e47) format=png_pipe;; ffd8ff*) format=jpeg_pipe;; 52494646) format=webp_pipe;;
    *) format=mov;;
  esac
  if command -v ffprobe >/dev/null; then
    (ulimit -t 60; ffprobe -v error -protocol_whitelist file -f "$format" \\
      -of compact=print_section=0 -show_entries \\
      format=duration:stream=codec_name,width,height,avg_frame_rate,nb_frames,channels \\
      "$1" 2>&1 || echo "$1 is no clip") |
      sed 's/width=\\([0-9]*\\)|height=\\([0-9]*\\)/\\1x\\2/' | said
  elif command -v ffmpeg >/dev/null; then
    (ulimit -t 60; ffmpeg -hide_banner -protocol_whitelist file -f "$format" -i "$1" 2>&1 |
      grep -E 'Duration|Stream' || echo "$1 is no clip") | said
  else
    echo "there is neither ffprobe nor ffmpeg here: look at $1"
  fi
}
"""
RECEIVER = """\
# Prints what is posted to it and answers {status}. An endpoint that cannot reach this machine needs
# a public address that leads to PORT: give it as CALLBACK_URL.
cat > "$folder/receiver.py" <<'END'
import http.server, sys, time
class Receiver(http.server.BaseHTTPRequestHandler):
    timeout = 10
    def do_POST(self):
        length = self.headers.get("Content-Length") or "0"
        size = min(int(length), 1_000_000) if length.isdecimal() and len(length) < 19 else 0
        body = self.rfile.read(size).decode("utf-8", "replace")
        shown = "".join(char if char.isprintable() else " " for char in body)
        print("CALLBACK", time.strftime("%H:%M:%S"), shown, flush=True)
        self.send_response({status})
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *words):
        pass
server = Server(("", int(sys.argv[1])), Receiver)
print(server.server_port, file=open(sys.argv[2], "w"), flush=True)
server.serve_forever()
END
python3 -I "$folder/receiver.py" "${{PORT:-0}}" "$folder/port" &
receiver=$!
trap 'kill $receiver 2>/dev/null || true' EXIT
tries=0
until [ -s "$folder/port" ] || [ $tries -ge 50 ]; do
  tries=$((tries + 1))
  sleep 0.2
done
CALLBACK_URL=${{CALLBACK_URL:-http://127.0.0.1:$(cat "$folder/port")/done}}
"""
ROOT = "ROOT=$(printf '%s' \"$BASE\" | sed 's#\\(https*://[^/]*\\).*#\\1#')"
NO_ID = 'if [ -z "$id" ]; then echo "the answer holds no id"; exit; fi'
LEDGER = f'{CURL} --url "$ROOT/_sim/ledger?key=$SEEDANCE_API_KEY" | said; echo'
LOOK = 'echo "look at the first and the last picture of $file, beside those of the order"'
QUIET = 'echo "no more than the callbacks above came within ${QUIET:-15} s of the end"'
UNSLASHED = r"sed -e 's#\\/#/#g' -e 's/\\u0026/\&/g'"


def poll(path: str, wait: int) -> str:
    """The function that waits for a task."""
    return POLL.format(curl=CURL, seconds=CALL_S, path=path, wait=wait)


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


def called(path: str) -> str:
    """Put the address of a call that hands out a file into `$link`; `{id}` is the task's."""
    return f'link="$BASE{path.replace("{id}", "$id")}"'


def tampered() -> str:
    """Change one character of the link, of its signature where it has one that is known."""
    steps = (
        "s/X-Tos-Signature=0/X-Tos-Signature=1/", "s/X-Tos-Signature=[^0]/X-Tos-Signature=0/",
        "s/0$/1/", "s/.$/0/",
    )  # fmt: skip
    tried = " -e t ".join(f"-e '{step}'" for step in steps)
    return f"link=$(printf '%s' \"$link\" | sed {tried})"


def prolonged() -> str:
    """Say in the link that it ends an hour later."""
    name = "[?&][A-Za-z0-9_-]*[Ee][Xx][Pp][A-Za-z]*="
    found = f"sed -n 's/.*\\({name}\\)\\([0-9]\\{{1,12\\}}\\).*/\\2/p'"
    later = f'sed "s/\\({name}\\)$ends/\\1$((ends + 3600))/"'
    return f"ends=$(printf '%s' \"$link\" | {found}); link=$(printf '%s' \"$link\" | {later})"


def unsigned() -> str:
    """Take the link's parameters away."""
    return 'link="${link%%\\?*}"'


def downloaded(name: str, options: Iterable[str]) -> list[str]:
    """Fetch the link into a file and say what came.

    Only a link to the web is fetched, as it stands, and a file that never ends is cut off.
    """
    told = "-w 'HTTP %{http_code}, %{size_download} bytes\\n'"
    words = " ".join([CURL, f"-L --max-redirs 10 -m {FILE_S}", told, *options])
    return [
        'case "$link" in http://*|https://*) ;; *) echo "the answer holds no link"; exit;; esac',
        f'file="$folder/{name}"',
        f'(ulimit -f {FILE // 512}; {words} -o "$file" --url "$link") || '
        'echo "the download broke off"',
        'echo "it stands in $file"',
    ]


def moved(seconds: int) -> str:
    """Move the account's clock on a simulator."""
    body = f'{{"advance": "{seconds}s", "key": "\'"$SEEDANCE_API_KEY"\'"}}'
    return f"{CURL} -d '{body}' --url \"$ROOT/_sim/clock\" | said; echo"


def slept(seconds: int) -> str:
    """Wait as long, where nobody moves the clock."""
    return f'sleep "${{LATER:-{seconds}}}"  # LATER=0 does not wait'


def planned(plan: str, dialect: str) -> str:
    """Settle the end of the next order on a simulator."""
    body = (
        f'{{"match": {{"dialect": "{dialect}", "key": "\'"$SEEDANCE_API_KEY"\'"}}, '
        f'"times": 1, "plan": {plan}}}'
    )
    return f"{CURL} -d '{body}' --url \"$ROOT/_sim/plans\" | said; echo"
