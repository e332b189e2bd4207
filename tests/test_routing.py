"""One router finds the calls of every dialect and of the control plane."""

import pytest

from simulator.core.routing import MOST_KNOWN, Lost, Router

ROUTER = Router(
    [
        ("GET", "/a", "list"),
        ("POST", "/a", "create"),
        ("GET", "/a/{id}", "one"),
        ("GET", "/a/{id}/b.{ext}", "file"),
        ("DELETE", "/a/{id}", "gone"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/a", ("list", {})),
        ("POST", "/a", ("create", {})),
        ("GET", "/a/x%2Fy", ("one", {"id": "x/y"})),
        ("GET", "/a/x/b.mp4", ("file", {"id": "x", "ext": "mp4"})),
        ("GET", "/a/x/bxmp4", Lost()),
        ("GET", "/a/", Lost()),
        ("GET", "/a/x/", Lost()),
        ("PUT", "/a", Lost(("GET", "POST"))),
        ("PUT", "/a/x", Lost(("GET", "DELETE"))),
        ("get", "/a", Lost(("GET", "POST"))),
    ],
)
def test_a_path_leads_to_one_thing_or_nowhere(method: str, path: str, found: object) -> None:
    for _ in range(2):  # the second time it is known
        assert ROUTER.find(method, path) == found
    assert ROUTER.serves(path) is (not isinstance(found, Lost) or bool(found.allowed))


def test_what_is_known_of_paths_is_bounded() -> None:
    router = Router([("GET", "/{name}", "one")])
    for number in range(3 * MOST_KNOWN):
        assert router.find("GET", f"/{number}") == ("one", {"name": str(number)})
    assert len(router._known) <= MOST_KNOWN
