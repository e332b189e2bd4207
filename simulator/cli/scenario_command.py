"""The command ``scenario``: what stands on a running server, as a file for ``serve --scenario``."""

import sys
from typing import Any, TextIO

from simulator.client.remote import Refused, Remote, Unreachable
from simulator.core.config import BadSetting

UNREACHABLE = 3
EVER = "always"  # TOML has no null
PAGE = 1000


def scenario(
    base_url: str = "http://127.0.0.1:8000",
    admin_token: str | None = None,
    out: TextIO | None = None,
) -> int:
    """Print the scenario and give the exit status. Keys and pace are not told by a server."""
    import tomli_w

    remote = Remote(base_url, admin_token)
    try:
        clock = remote.ask("GET", "/clock")
        plans = _all(remote, "/plans")
        faults = _all(remote, "/faults")
    except Unreachable as error:
        sys.stderr.write(f"seedance-sim: {error}\n")
        return UNREACHABLE
    except Refused as error:
        raise BadSetting(str(error)) from None
    for one in (*plans, *faults):
        if one["match"]["key"] is not None:
            shown = "a server shows no key whole: write it in"
            sys.stderr.write(f"seedance-sim: {one['id']} is for a key, and {shown}\n")
    found = {
        "clock": {"rate": clock["rate"], "freeze": clock["frozen"]},
        "plan": [_plan(one) for one in plans],
        "fault": [_fault(one) for one in faults if not one["permanent"] and one["times"] != 0],
    }
    (sys.stdout if out is None else out).write(tomli_w.dumps(_given(found)))
    return 0


def _all(remote: Remote, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["id"] if found else None
        page = remote.ask("GET", path, query={"limit": PAGE, "after": after})
        found += page["items"]
        if len(found) >= page["total"] or not page["items"]:
            return found


def _plan(one: dict[str, Any]) -> dict[str, Any]:
    plan = {**one["plan"], **_spans(one["plan"])}
    if plan["then"] is not None:
        # What is told of the plan is then what its second end has.
        own = ("code", "message") if plan["end"] in ("failed", "refused") else ()
        plan = {name: plan[name] for name in plan if name not in ("code", "message") or name in own}
        plan["then"] = {**plan["then"], **_spans(plan["then"])}
    return {"match": one["match"], "plan": plan, **_times(one)}


def _spans(plan: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in ("queue", "run") if plan[name] is not None]
    return {name: f"{plan[name]}ms" for name in names}


def _fault(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "fault": one.get("own") or one["fault"],
        "match": one["match"],
        "when": one["when"],
        "share": one["share"],
        **_times(one),
    }


def _times(one: dict[str, Any]) -> dict[str, Any]:
    return {"times": EVER if one["times"] is None else one["times"]}


def _given(value: Any) -> Any:
    """The value without what is null or empty, which TOML has no word for."""
    if isinstance(value, dict):
        kept = {name: _given(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in (None, {}, [], "")}
    if isinstance(value, list):
        return [_given(each) for each in value]
    return value
