"""The command as users run it: processes, their output, their exit status."""

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from rich.text import Text

from simulator import __version__
from simulator.cli import flags as tables_of_flags
from simulator.cli.flags import DEMO, SERVE, Flag
from simulator.cli.main import main
from simulator.cli.settings import BadSetting, configure
from simulator.core.config import Config
from simulator.faults.catalogue import CATALOGUE
from tests import processes

CREATE = "/ark/api/v3/contents/generations/tasks"
ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A paper boat"}],
}


def environment(**settings: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SEEDANCE_SIM_")}
    return {**clean, **settings}


class Running:
    """A server in a process of its own."""

    def __init__(self, process: processes.Process) -> None:
        self.process = process
        self.line = process.stdout.readline()
        assert self.line.startswith("listening on "), self.line
        self.base = self.line.split()[-1]

    def call(
        self,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
    ) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": "Bearer sk-a", "Content-Type": "application/json"}
        every = {**sent, **(headers or {})}
        request = urllib.request.Request(self.base + path, data, every, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit status and what else was written, after a signal."""
        self.process.send_signal(number)
        out, complaints = self.process.communicate(timeout=10)
        return self.process.wait(), out, complaints


@contextmanager
def serving(*flags: str, **settings: str) -> Iterator[Running]:
    command = ("serve", "--port", "0", *flags)
    with processes.Process(command, environment(**settings)) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return processes.run(*arguments, env=environment(**settings))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_says_where_it_listens_and_ends_with_a_signal(number: int) -> None:
    with serving() as server:
        assert server.line.startswith("listening on http://127.0.0.1:")
        assert server.call("/_sim/health")[1]["version"] == __version__
        assert server.end(number) == (0, "", "")


def test_ends_while_clients_hold_on() -> None:
    """A kept connection, half a request, and a callback that nobody answers."""
    with serving("--callbacks", "local", "--pace", "instant") as server, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        host, port = server.base.removeprefix("http://").split(":")
        kept = socket.create_connection((host, int(port)))
        half = socket.create_connection((host, int(port)))
        with kept, half:
            kept.sendall(b"GET /_sim/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert kept.recv(4096).startswith(b"HTTP/1.1 200")
            half.sendall(
                f"POST {CREATE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-a\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
            )
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
            assert server.call(CREATE, {**ORDER, "callback_url": url})[0] == 200
            calling, _ = deaf.accept()
            with calling:
                assert server.end()[:2] == (0, "")


def test_flags_change_what_is_served() -> None:
    start = ("--start", "2026-06-06T08:00:57Z", "--freeze", "--seed", "7")
    flags = (
        *start,
        "--pace",
        "instant",
        "--public-url",
        "https://Sim.Example/",
        "--dialect",
        "ark",
    )
    with serving(*flags) as server:
        path = CREATE.removeprefix("/ark")
        task = server.call(path, ORDER)[1]["id"]
        body = server.call(f"{path}/{task}")[1]
        assert body["status"] == "succeeded"
        assert body["created_at"] == 1_780_732_857
        assert body["content"]["video_url"].startswith("https://sim.example/tos/")
        clock = server.call("/_sim/clock")[1]
        assert (clock["now_ms"], clock["frozen"]) == (1_780_732_857_000, True)


def test_the_same_seed_gives_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        flags = ("--seed", "7", "--start", "2026-06-06T08:00:57Z", "--freeze")
        with serving(*flags) as server:
            ids.append(server.call(CREATE, ORDER)[1]["id"])
    assert ids[0] == ids[1]


def test_a_flag_wins_over_its_variable() -> None:
    with serving("--rate", "3", SEEDANCE_SIM_RATE="2", SEEDANCE_SIM_FREEZE="1") as server:
        clock = server.call("/_sim/clock")[1]
        assert (clock["rate"], clock["frozen"]) == (3, True)


def test_logs_what_happened_as_json() -> None:
    flags = ("--log-format", "json", "--pace", "instant", "--log-level", "debug")
    with serving(*flags) as server:
        task = server.call(CREATE, ORDER)[1]["id"]
        link = server.call(f"{CREATE}/{task}")[1]["content"]["video_url"]
        with urllib.request.urlopen(link) as clip:
            size = len(clip.read())
        assert server.call(f"{CREATE}/unknown%0a")[0] == 404
        assert server.call("/_sim/clock", {"advance": "-1s"})[0] == 400
        status, out, log = server.end()
    assert (status, out) == (0, "")
    made, ordered, polled, fetched, refused, moved = map(json.loads, log.splitlines())
    assert (made["event"], made["task"], made["size"]) == ("created", task, "1280x720")
    assert (ordered["kind"], ordered["level"]) == ("create", "debug")
    assert (polled["event"], polled["kind"], polled["task"]) == ("answered", "query", task)
    assert (fetched["kind"], fetched["bytes"], fetched["task"]) == ("download", size, task)
    assert (refused["event"], refused["level"], refused["status"]) == ("refused", "info", 404)
    assert (refused["kind"], refused["dialect"]) == ("query", "ark")
    assert refused["code"] == "ResourceNotFound"
    assert "unknown" in refused["reason"]
    assert (moved["kind"], moved["code"]) == ("control", "bad_duration")
    for line in (ordered, polled, fetched, refused, moved):
        assert {"method", "path", "status"} <= set(line)
        assert 0 <= line["ms"] < 60_000
    assert "Signature" not in log
    assert "sk-a" not in log


def test_logs_what_happened_as_text() -> None:
    with serving() as server:
        key = {"Authorization": "Bearer sk-of-team-blue"}
        task = server.call(CREATE, ORDER, key)[1]["id"]
        assert server.call(f"{CREATE}/{task}", headers=key)[0] == 200
        assert server.call(CREATE, {**ORDER, "model": "sk-of-team-blue"}, key)[0] == 404
        assert server.call(f"{CREATE}/sk-of-team-blue", headers=key)[0] == 404
        log = server.end()[2].splitlines()
    assert len(log) == 3
    # Where the locale has no ellipsis stderr spells it out.
    shown = log[0].replace("\\u2026", "…")
    assert f"created key=sk-…lue dialect=ark task={task} " in shown
    assert "refused key=" in log[1]
    assert f"dialect=ark kind=create method=POST path={CREATE} status=404 ms=" in log[1]
    assert " code=" in log[1]
    assert "reason=" in log[1]
    assert "team-blue" not in "".join(log)


def test_logs_the_faults_of_a_call() -> None:
    with serving("--defect", "500-own") as server:
        assert server.call(CREATE, ORDER)[0] == 500
        assert " faults=500-own " in server.end()[2]


def test_logs_less_where_it_is_asked_to() -> None:
    with serving("--log-level", "warning") as server:
        assert server.call(CREATE, [])[0] == 400
        assert server.end()[2] == ""


def test_logs_callbacks() -> None:
    with serving("--callbacks", "local", "--pace", "instant") as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        task = server.call(CREATE, {**ORDER, "callback_url": url})[1]["id"]
        server.call("/_sim/clock", {"advance": "1m"})
        log = server.end()[2]
    assert f"called back task={task} phase=succeeded attempt=1" in log


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A self-signed certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    return cert, key


def test_serves_https(certificate: tuple[str, str]) -> None:
    import ssl

    cert, key = certificate
    with serving("--tls-cert", cert, "--tls-key", key) as server:
        assert server.base.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=cert)
        with urllib.request.urlopen(f"{server.base}/_sim/health", context=trust) as answer:
            assert answer.status == 200


def test_listens_on_ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with serving("--host", "::1") as server:
        assert server.base.startswith("http://[::1]:")
        assert server.call("/_sim/health")[0] == 200


def test_a_host_name_gets_one_port_for_all_its_addresses() -> None:
    with serving("--host", "localhost") as server:
        assert server.base.startswith("http://localhost:")
        assert server.call("/_sim/health")[0] == 200


def mistake(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a usage error."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("seedance-sim: ")
    return done.stderr.removeprefix("seedance-sim: ").strip()


def test_a_taken_port_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = mistake(run("serve", "--port", str(port)))
    assert line == f"cannot listen on 127.0.0.1, port {port}: Address already in use"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--port", "http"], "--port: must be a whole number from 0 to 65535, not 'http'"),
        (["--port", "65536"], "--port: must be a whole number"),
        (["--port", "1٢"], "--port: must be a whole number"),
        (["--host", ""], "--host: must not be empty"),
        (["--host", "no such host"], "cannot listen on no such host"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
        (["--host", "a" * 64 + ".example"], "cannot listen on"),
        (["--dialect", "sora"], "--dialect: must be"),
        (["--public-url", "sim.example"], "--public-url: must be http(s)://HOST"),
        (["--public-url", "http://sim.example/un der"], "--public-url: must be"),
        (["--public-url", "http://sim.example/under?x=1"], "--public-url: must be"),
        (["--public-url", "http://sim.example/a/../b%2f"], "--public-url: must be"),
        (["--public-url", "http://sim.example:99999"], "--public-url: must be"),
        (["--public-url", "http://[::1"], "--public-url: must be"),
        (["--public-url", "http://a b"], "--public-url: must be"),
        (["--public-url", "http://user@sim.example"], "--public-url: must be"),
        (["--rate", "0"], "--rate: must be a number from 0.001 to 1000000, not '0'"),
        (["--rate", "-1"], "--rate: must be a number"),
        (["--rate", "nan"], "--rate: must be a number"),
        (["--rate", "1e9"], "--rate: must be a number"),
        (["--rate", "fast"], "--rate: must be a number"),
        (["--start", "yesterday"], "--start: must be an ISO-8601 time"),
        (["--start", "0001-01-01T00:00:00+14:00"], "--start: must be"),
        (["--start", "9999-01-01"], "--start: must be between"),
        (["--pace", "slow"], "--pace: must be instant or fast or realistic, not 'slow'"),
        (["--seed", "x"], "--seed: must be a whole number"),
        (["--seed", "-1"], "--seed: must be a whole number"),
        (["--fidelity", "exact"], "--fidelity: must be"),
        (["--callbacks", "all"], "--callbacks: must be"),
        (["--control", "closed"], "--control: must be"),
        (["--admin-token", "two words"], "--admin-token: must be ASCII without spaces"),
        (["--ffmpeg", "/etc/passwd"], "--ffmpeg: '/etc/passwd' is no program that can be run"),
        (["--ffmpeg", "/no/such"], "--ffmpeg: '/no/such' is no program"),
        (["--keys", "/no/such.toml"], "--keys: cannot read /no/such.toml: No such file"),
        (["--keys", "/"], "--keys: cannot read /: Is a directory"),
        (["--tls-cert", "/no/such.pem"], "--tls-cert: cannot read /no/such.pem"),
        (["--tls-cert", "/etc/passwd"], "--tls-cert: /etc/passwd does not hold a certificate"),
        (["--tls-key", "/etc/passwd"], "--tls-key: needs --tls-cert"),
        (["--log-format", "xml"], "--log-format: must be"),
        (["--frozen"], "unrecognized arguments: --frozen"),
        (["--pa", "fast"], "unrecognized arguments"),
        (["--port"], "argument --port: expected one argument"),
    ],
)
def test_a_bad_flag_is_one_line(
    flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *flags]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert shown.err.startswith(f"seedance-sim: {words}"), shown.err


def test_a_bad_variable_names_itself() -> None:
    line = mistake(run("serve", SEEDANCE_SIM_PORT="no"))
    assert line == "SEEDANCE_SIM_PORT: must be a whole number from 0 to 65535, not 'no'"
    assert mistake(run("serve", SEEDANCE_SIM_FREEZE="yes")).startswith("SEEDANCE_SIM_FREEZE: must")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SEEDANCE_SIM_PACES", "; did you mean SEEDANCE_SIM_PACE?"),
        ("SEEDANCE_SIM_PUBLIC_URI", "; did you mean SEEDANCE_SIM_PUBLIC_URL?"),
        ("SEEDANCE_SIM_ALLOWED_HOST", "; did you mean SEEDANCE_SIM_ALLOW_HOST?"),
        ("SEEDANCE_SIM_COLOUR_OF_MY_HAT", "; seedance-sim serve --help lists them"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "demo", "verdict"])
def test_an_unknown_variable_names_the_nearest(
    command: str, name: str, hint: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv(name, "")
    assert main([command]) == 2
    assert capsys.readouterr().err == f"seedance-sim: {name}: there is no such setting{hint}\n"


def test_variables_of_a_service_that_has_our_name_are_none_of_ours() -> None:
    """Kubernetes sets these in every pod beside a service called seedance-sim."""
    names = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT_8000_TCP_ADDR")
    given = {f"SEEDANCE_SIM_{name}": "10.0.0.1" for name in names}
    given["SEEDANCE_SIM_PORT"] = "tcp://10.0.0.1:8000"
    assert configure({}, given) == Config()


def test_every_flag_has_a_variable() -> None:
    texts = {
        "host": "localhost",
        "port": "1",
        "dialect": "ark",
        "public_url": "http://sim.example",
        "rate": "2.5",
        "start": "1970-01-01T01:00+01:00",
        "freeze": "true",
        "pace": "instant",
        "seed": "5",
        "fidelity": "observed",
        "callbacks": "local",
        "control": "open",
        "admin_token": "secret",
        "ffmpeg": imageio_ffmpeg.get_ffmpeg_exe(),
        "tls_cert": __file__,
        "tls_key": __file__,
        "log_format": "json",
        "log_level": "debug",
        "uds": "/tmp/sim.sock",
        "trust_proxy": "1",
        "journal_bytes": "1",
        "defect": "200-html,status-case",
        "references": "fetch",
        "allow_host": "one.example,two.example",
        "clips": "full",
        "cache_dir": "/tmp",
        "store": "sqlite:/tmp/sim.db",
        "upstream": "https://ark.example/api/v3",
        "keep_links": "1",
        "max_cost": "2.5",
        "yes": "1",
        "scenario": __file__,
        "workers": "1",
        "record": "/tmp/run.jsonl",
        "facts_only": "1",
    }
    assert {flag.field for flag in SERVE} == {*texts, "keys", "prices", "replay", "else"}
    variables = {f"SEEDANCE_SIM_{name.upper()}": text for name, text in texts.items()}
    wanted: dict[str, Any] = {**texts, "port": 1, "rate": 2.5, "start": 0, "freeze": True}
    wanted |= dict.fromkeys(("trust_proxy", "keep_links", "yes", "facts_only"), True)
    wanted["max_cost"] = Decimal("2.5")
    defects = ("200-html", "status-case")
    wanted = {**wanted, "seed": 5, "journal_bytes": 1, "defect": defects}
    wanted["workers"] = 1
    wanted["allow_host"] = ("one.example", "two.example")
    assert configure({}, variables) == Config(**wanted)
    assert configure(dict(texts), {}) == configure({}, variables)
    repeated = configure({"defect": list(defects)}, {})
    assert repeated.defect == defects
    replayed = {"dialect": "ark", "replay": __file__, "else": "simulate"}
    variables = {f"SEEDANCE_SIM_{name.upper()}": text for name, text in replayed.items()}
    wanted = {"dialect": "ark", "replay": __file__, "otherwise": "simulate"}
    assert configure({}, variables) == configure(dict(replayed), {}) == Config(**wanted)


def test_settings_of_an_upstream_say_what_they_need() -> None:
    assert mistake(run("serve", "--max-cost", "2")) == "--max-cost: needs --upstream"
    assert "needs --dialect" in mistake(run("serve", "--upstream", "http://up.example"))
    assert "must be http(s)" in mistake(run("serve", "--upstream", "ftp://up.example"))
    given = {"upstream": "http://up.example", "dialect": "ark", "workers": "2"}
    with pytest.raises(BadSetting, match="one process"):
        configure({**given, "store": "sqlite:/tmp/sim.db"}, {})


def test_an_unknown_defect_is_a_mistake() -> None:
    line = mistake(run("serve", "--defect", "200-html", "--defect", "nope"))
    assert line.startswith("--defect: there is no fault 'nope'")


def test_the_table_of_faults() -> None:
    done = run("faults")
    assert done.returncode == 0
    assert all(fault.name in done.stdout for fault in CATALOGUE.values())


def test_a_variable_of_one_command_is_known_to_all() -> None:
    tables = [found for found in vars(tables_of_flags).values() if isinstance(found, tuple)]
    flags = [one for table in tables for one in table if isinstance(one, Flag)]
    assert {"out", "json", "as"} <= {flag.name for flag in flags}
    assert configure({}, {flag.variable: "" for flag in flags}) == Config()


def test_an_empty_variable_is_unset_and_false_is_a_value() -> None:
    assert configure({}, {flag.variable: "" for flag in SERVE}) == Config()
    assert configure({}, {"SEEDANCE_SIM_FREEZE": "0"}).freeze is False
    with pytest.raises(BadSetting, match="SEEDANCE_SIM_HOST"):
        configure({}, {"SEEDANCE_SIM_HOST": " "})


def test_help_names_every_flag() -> None:
    shown = run("serve", "--help").stdout
    assert all(f"--{flag.name}" in shown for flag in SERVE)
    assert all(f"--{flag.name}" in run("demo", "--help").stdout for flag in DEMO)


def test_version() -> None:
    for arguments in (["--version"], ["serve", "--version"]):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (0, f"seedance-sim {__version__}\n")


def test_a_command_is_needed() -> None:
    assert "COMMAND" in mistake(run())
    assert "'sell'" in mistake(run("sell"))


def test_the_table_of_dialects() -> None:
    done = run("dialects")
    assert (done.returncode, done.stderr) == (0, "")
    assert "http://127.0.0.1:8000/ark" in done.stdout
    assert "sk-anything" in done.stdout


@pytest.mark.parametrize("width", ["40", "80", "110", "200"])
@pytest.mark.parametrize("table", ["dialects", "faults"])
def test_a_table_is_read_on_a_terminal_of_any_width(
    table: str, width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # by which rich takes any output for a terminal
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", width)
    assert main([table]) == 0
    lines = Text.from_ansi(capsys.readouterr().out).plain.splitlines()
    assert max(map(len, lines)) <= int(width)
    assert "…" not in "".join(lines), "a word is cut off"
    words = {"dialects": ("sk-anything", "multipart"), "faults": ("drop-after-accept", "reset")}
    assert all(any(word in line for line in lines) for word in words[table])
    assert len(lines) < 1100, "a column of a few letters is a thousand lines long"


def keys_of(path: Path, text: str) -> Config:
    path.write_text(text, encoding="utf-8")
    return configure({"keys": str(path)}, {})


def test_a_key_file_makes_the_accounts(tmp_path: Path) -> None:
    text = """
    [[key]]
    key = "sk-full"
    dialects = ["ark"]
    models = ["doubao-seedance-2-0-260128"]
    wallet = 0.1
    slots = 2
    queue = 0
    rpm = 10
    state = "expired"
    access_key = "AKLT"
    secret_key = "c2VjcmV0/w=="
    agent_plan = true

    [[key]]
    key = "sk-plain"
    """
    keys = keys_of(tmp_path / "keys.toml", text).keys
    assert keys is not None
    full, plain = keys
    assert str(full.wallet) == "0.1"
    assert (full.slots, full.queue, full.rpm, full.state) == (2, 0, 10, "expired")
    assert (full.access_key, full.secret_key) == ("AKLT", "c2VjcmV0/w==")
    assert "c2VjcmV0" not in repr(full)
    assert (full.agent_plan, plain.agent_plan) == (True, False)
    assert (full.dialects, full.models) == (("ark",), ("doubao-seedance-2-0-260128",))
    assert (plain.key, plain.wallet, plain.state) == ("sk-plain", None, "ok")


def test_only_the_keys_of_the_file_are_served(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('[[key]]\nkey = "sk-mine"\n', "utf-8")
    with serving("--keys", str(file)) as server:
        assert server.call(CREATE, ORDER)[0] == 401
        mine = {"Authorization": "Bearer sk-mine"}
        assert server.call(CREATE, ORDER, mine)[0] == 200
        assert server.call("/")[1]["key"]["use"] == "YOUR_KEY"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no [[key]]"),
        ("key = 1", "holds no [[key]]"),
        ("key = []", "holds no [[key]]"),
        ("key = [1]", "entry 1: is no table"),
        ("[key]\nkey = 'a'", "holds no [[key]]"),
        ("[[keys]]", "'keys' is unknown, only [[key]] is read"),
        ("[[key", "is not TOML: "),
        ("[[key]]", "entry 1: key: is missing"),
        ("[[key]]\nkey = 'a'\n[[key]]\nkey = 'a'", "entry 2: key: 'a' is there twice"),
        ("[[key]]\nkey = 5", "entry 1: key: must be a string"),
        ("[[key]]\nkey = 'a b'", "entry 1: key: must have 1 to 512"),
        ("[[key]]\nkey = ''", "entry 1: key: must have 1 to 512"),
        ("[[key]]\nkey = 'é'", "entry 1: key: must be a string of ASCII"),
        ("[[key]]\nkey = 'sk-sim-broke'", "entry 1: key: sk-sim-broke already has a meaning"),
        ("[[key]]\nkey = 'a'\naccess_key = 'k'", "entry 1: secret_key: is missing beside access"),
        ("[[key]]\nkey = 'a'\nsecret_key = 'k'", "entry 1: access_key: is missing beside secret"),
        (
            "[[key]]\nkey = 'a'\naccess_key = 'k/l'\nsecret_key = 's'",
            "entry 1: access_key: must have no",
        ),
        (
            "[[key]]\nkey = 'a'\naccess_key = 'k'\nsecret_key = 's'\n"
            "[[key]]\nkey = 'b'\naccess_key = 'k'\nsecret_key = 's'",
            "entry 2: access_key: 'k' is there twice",
        ),
        ("[[key]]\nkey = 'a'\nslot = 1", "entry 1: slot: is unknown, there are key, dialects"),
        ("[[key]]\nkey = 'a'\nagent_plan = 1", "entry 1: agent_plan: must be true or false"),
        ("[[key]]\nkey = 'a'\nslots = 0", "entry 1: slots: must be a whole number from 1 up"),
        ("[[key]]\nkey = 'a'\nslots = true", "entry 1: slots: must be a whole number"),
        ("[[key]]\nkey = 'a'\nrpm = -1", "entry 1: rpm: must be a whole number from 0 up"),
        ("[[key]]\nkey = 'a'\nqueue = 1.5", "entry 1: queue: must be a whole number"),
        ("[[key]]\nkey = 'a'\nwallet = nan", "entry 1: wallet: must be from 0 to"),
        ("[[key]]\nkey = 'a'\nwallet = '5'", "entry 1: wallet: must be a number"),
        ("[[key]]\nkey = 'a'\nwallet = -1", "entry 1: wallet: must be from 0 to"),
        ("[[key]]\nkey = 'a'\nmodels = 'x'", "entry 1: models: must be a list of strings"),
        ("[[key]]\nkey = 'a'\ndialects = ['x']", "entry 1: dialects: 'x' is no dialect"),
        ("[[key]]\nkey = 'a'\nstate = 'good'", "entry 1: state: must be ok or expired or banned"),
    ],
)
def test_a_bad_key_file_names_entry_and_field(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "keys.toml"
    with pytest.raises(BadSetting) as caught:
        keys_of(path, text)
    assert str(caught.value).startswith(f"--keys: {path}: {words}"), caught.value
    assert "\n" not in str(caught.value)


def test_a_key_file_is_text(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_bytes(b"[[key]]\nkey = '\xff'")
    with pytest.raises(BadSetting, match="is not TOML: 'utf-8' codec"):
        configure({"keys": str(path)}, {})


def test_asks_a_client_that_waits_to_send_its_body() -> None:
    with serving() as server:
        host, port = server.base.removeprefix("http://").split(":")
        head = (
            "POST /ark/api/v3/contents/generations/tasks HTTP/1.1\r\nHost: x\r\n"
            "Authorization: Bearer sk-a\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        with socket.create_connection((host, int(port)), timeout=5) as line:
            line.sendall(head.encode())
            assert line.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
            line.sendall(b"{}")
            assert line.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_what_is_no_http_is_one_line_of_the_log() -> None:
    with serving() as server:
        host, port = server.base.removeprefix("http://").split(":")
        for nonsense in (
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET / HTTP/1.1\r\nX: " + b"a" * 9000,
        ):
            with socket.create_connection((host, int(port)), timeout=5) as line:
                line.sendall(nonsense + b"\r\n\r\n")
                assert b" 400 " in line.recv(4096)
        _, _, complaints = server.end()
        assert complaints.count("malformed request") == len(complaints.splitlines()) == 2


def test_an_ffmpeg_that_is_none_is_a_mistake() -> None:
    line = mistake(run("serve", "--ffmpeg", "/bin/ls"))
    assert line == "--ffmpeg: '/bin/ls' is no ffmpeg"
