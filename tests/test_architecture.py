"""Imports run one way: shell, then dialects, then the engine, then facts."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENGINE = {
    "accounts",
    "bodies",
    "chance",
    "clock",
    "clocks",
    "config",
    "core",
    "engine",
    "fields",
    "journal",
    "ledger",
    "limits",
    "links",
    "misses",
    "outline",
    "places",
    "plans",
    "problems",
    "references",
    "rules",
    "store",
    "task",
    "tokens",
    "uploads",
    "wire",
}


# What the aggregates may know: values, and nothing that waits.
CORE = {"chance", "clock", "config", "core", "ledger", "media", "plans", "problems", "task"}


def room(name: str) -> str:
    """The part of the simulator that a module belongs to."""
    return name.removeprefix("simulator.").split(".")[0]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def modules(package: str) -> dict[str, set[str]]:
    """Module names of a package, each with the names that it imports."""
    named = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        named[name] = imports(path)
    return named


def test_simulator_and_conformance_do_not_know_each_other() -> None:
    for package, other in (("simulator", "conformance"), ("conformance", "simulator")):
        for name, found in modules(package).items():
            assert not {n for n in found if n.split(".")[0] == other}, name


def test_engine_and_dialects_know_no_http_library() -> None:
    for name, found in modules("simulator").items():
        if name.startswith("simulator.dialects") or room(name) in ENGINE:
            assert not {n for n in found if n.split(".")[0] == "aiohttp"}, name


def test_engine_knows_no_dialect_and_dialects_no_shell() -> None:
    shell = {"app", "control", "downloads", "callbacks", "demo", "commands", "clips"}
    for name, found in modules("simulator").items():
        heads = {n.split(".")[1] for n in found if n.startswith("simulator.")}
        if room(name) in ENGINE:
            assert not heads & ({"dialects"} | shell), name
        if name.startswith("simulator.dialects"):
            assert not heads & shell, name


def test_the_core_neither_waits_nor_knows_who_keeps_it() -> None:
    for name, found in modules("simulator").items():
        if room(name) == "core":
            assert {room(n) for n in found if n.startswith("simulator.")} <= CORE, name
            assert not found & {"asyncio", "time", "random", "secrets"}, name
    for path in (ROOT / "simulator" / "core").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        waits = (ast.Await, ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith)
        assert not [node for node in ast.walk(tree) if isinstance(node, waits)], path.name


def test_no_circles() -> None:
    known = {name: set() for name in modules("simulator")}
    for name, found in modules("simulator").items():
        known[name] = {n for n in found if n in known and n != name and not name.startswith(n)}
    order: list[str] = []
    while left := [n for n in known if n not in order]:
        free = [n for n in left if known[n] <= set(order)]
        assert free, f"a circle among {left}"
        order += free


def test_only_the_clock_names_time() -> None:
    for name, found in modules("simulator").items():
        if name.startswith("simulator.dialects") or room(name) in ENGINE:
            assert "time" not in found or name == "simulator.clock", name


def test_no_limit_of_a_client_is_rounded_up() -> None:
    """aiohttp rounds limits of five seconds and more up, unless it is told not to."""
    found = 0
    for package in ("simulator", "conformance"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or "ClientTimeout" not in ast.unparse(node.func):
                    continue
                found += 1
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                limited = node.args or {name for name in given if name != "ceil_threshold"}
                assert not limited or given.get("ceil_threshold") == "math.inf", path
    assert found
