"""Imports run one way: shell, then dialects, then the engine, then facts."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The rooms of each package, from the inside outwards: an import points to an earlier one.
SIMULATOR = (
    "core",
    "media",
    "clips",
    "store",
    "engine",
    "faults",
    "dialects",
    "verdict",
    "client",
    "http",
    "callbacks",
    "control",
    "openapi",
    "console",
    "upstream",
    "server",
    "simulator",
    "cli",
    "__main__",
    "plugin",
)
CONFORMANCE = (
    "conformance",
    "untrusted",
    "catalogue",
    "plan",
    "collect",
    "judge",
    "report",
    "explore",
    "cli",
    "__main__",
    "plugin",
    "test_conformance",
)
LAYERS = {"simulator": SIMULATOR, "conformance": CONFORMANCE}
# What is pure: values and functions that neither speak HTTP nor ask what time it is.
PURE = {"core", "store", "engine", "dialects", "faults", "verdict"}


def room(name: str) -> str:
    """The part of a package that a module belongs to; of the package itself, its name."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


@cache
def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


@cache
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


def reached(package: str) -> dict[str, set[str]]:
    """Module names of a package, each with the modules of the package that it imports."""
    found = modules(package)
    return {name: {n for n in names if n in found and n != name} for name, names in found.items()}


@pytest.mark.parametrize("package", LAYERS)
def test_every_module_stands_in_a_room_that_is_known(package: str) -> None:
    for name in modules(package):
        assert room(name) in LAYERS[package], f"{name}: no room of {package} has this name"


@pytest.mark.parametrize("package", LAYERS)
def test_imports_point_inwards(package: str) -> None:
    order = LAYERS[package]
    wrong = [
        f"{name} -> {other}"
        for name, others in reached(package).items()
        for other in others
        if room(other) != package and order.index(room(other)) > order.index(room(name))
    ]
    assert not wrong


def test_engine_and_dialects_know_no_http_library() -> None:
    for name, found in modules("simulator").items():
        if room(name) in PURE:
            assert not {n for n in found if n.split(".")[0] == "aiohttp"}, name


def test_the_core_neither_waits_nor_asks_for_anything() -> None:
    for name, found in modules("simulator").items():
        if room(name) == "core" and name != "simulator.core.clock":
            assert not found & {"asyncio", "time", "random", "secrets"}, name
    for path in (ROOT / "simulator" / "core").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        waits = (ast.Await, ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith)
        assert not [node for node in ast.walk(tree) if isinstance(node, waits)], path.name


@pytest.mark.parametrize("package", LAYERS)
def test_no_circles(package: str) -> None:
    known = {
        name: {n for n in found if not name.startswith(f"{n}.")}
        for name, found in reached(package).items()
    }
    order: list[str] = []
    while left := [n for n in known if n not in order]:
        free = [n for n in left if known[n] <= set(order)]
        assert free, f"a circle among {left}"
        order += free


def test_only_the_clock_names_time() -> None:
    for name, found in modules("simulator").items():
        if room(name) in PURE:
            assert "time" not in found or name == "simulator.core.clock", name


def test_no_limit_of_a_client_is_rounded_up() -> None:
    """aiohttp rounds limits of five seconds and more up, unless it is told not to."""
    found = 0
    for package in ("simulator", "conformance"):
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text("utf-8")
            for node in ast.walk(ast.parse(text)) if "ClientTimeout" in text else ():
                if not isinstance(node, ast.Call) or "ClientTimeout" not in ast.unparse(node.func):
                    continue
                found += 1
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                limited = node.args or {name for name in given if name != "ceil_threshold"}
                assert not limited or given.get("ceil_threshold") == "math.inf", path
    assert found
