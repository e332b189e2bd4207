"""Examples of everything that the control plane can be asked for. Tests send all of them."""

from collections.abc import Mapping
from typing import Any

from simulator.dialects import NAMES, load
from simulator.openapi.answers import KEY

FAILURE = "OutputVideoSensitiveContentDetected"
REFUSAL = "InputTextSensitiveContentDetected"
# The first that has the words of these examples.
DIALECT = next(name for name in NAMES if REFUSAL in load(name).refusals)

# For each call that takes a body, what may be sent: every field stands in one of them.
EXAMPLES: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]] = {
    ("POST", "/clock"): {
        "a day ahead": {"advance": "24h", "key": KEY},
        "an hour ahead, however slow the receiver of callbacks": {"advance": "1h", "wait": "30s"},
        "sixty times as fast": {"rate": 60, "key": KEY},
        "stand still": {"freeze": True},
    },
    ("POST", "/plans"): {
        "the next task fails": {"plan": {"end": "failed"}, "match": {"key": KEY}},
        "it fails after 90 s, with this code and these words": {
            "plan": {"run": "90s", "end": "failed", "code": FAILURE, "message": "Not shown."},
            "match": {"dialect": DIALECT, "key": KEY},
        },
        "the review refuses the next two orders about boats": {
            "plan": {"end": "refused", "code": REFUSAL},
            "match": {"prompt": "boat", "key": KEY},
            "times": 2,
        },
        "an order of this model expires": {
            "plan": {"end": "expired"},
            "match": {"model": "doubao-seedance-2-0-fast-260128", "key": KEY},
        },
        "somebody else cancels it": {"plan": {"end": "cancelled"}, "match": {"key": KEY}},
        "slow, with progress": {
            "plan": {"queue": "5s", "run": "2m", "progress": [["10s", 10], ["1m", 60]]},
            "match": {"dialect": DIALECT, "key": KEY},
        },
        "every order of five seconds waits for ever": {
            "plan": {"end": "stuck"},
            "match": {"order": {"seconds": 5}, "key": KEY},
            "times": None,
        },
        "succeeded, and then failed after all": {
            "plan": {
                "end": "succeeded",
                "then": {"queue": "5s", "run": "10s", "end": "failed", "code": FAILURE},
            },
            "match": {"dialect": DIALECT, "key": KEY},
        },
        "failed, in these words, once it had expired": {
            "plan": {"end": "expired", "then": {"end": "failed", "message": "Too late."}},
            "match": {"key": KEY},
        },
    },
    ("POST", "/faults"): {
        "the answer to the next order is lost": {
            "fault": "drop-after-accept",
            "match": {"call": "create", "key": KEY},
            "times": 1,
        },
        "every third query is over the limit": {
            "fault": {"status": 429, "headers": {"Retry-After": "2"}, "body": {"error": "slow"}},
            "match": {"call": "query", "key": KEY},
            "when": "nth:3",
        },
        "a fifth of ark's queries are answered three seconds late": {
            "fault": {"delay": "3s"},
            "match": {"dialect": DIALECT, "call": "query", "key": KEY},
            "share": 0.2,
        },
    },
    ("POST", "/reset"): {"one account": {"key": KEY}, "everything": {}},
}

# For each call that takes parameters, a query; ``after`` is what the page before ended with.
QUERIES: Mapping[tuple[str, str], Mapping[str, Mapping[str, str]]] = {
    ("GET", "/clock"): {"of one account": {"key": KEY}},
    ("GET", "/plans"): {"what may come to a key": {"key": KEY, "limit": "10"}},
    ("GET", "/faults"): {"what may come to a key": {"key": KEY, "limit": "10"}},
    ("GET", "/tasks"): {
        "of one account and dialect": {"key": KEY, "dialect": DIALECT, "limit": "5"}
    },
    ("GET", "/calls"): {
        "what was refused in the last five minutes": {"status": "4xx", "since": "5m", "key": KEY},
        "polls of a task": {"kind": "query", "task": "cgt-20261121125203-hpjqx"},
        "the newest orders that a plan missed": {
            "kind": "create",
            "note": "did not apply",
            "last": "20",
        },
        "by a part of the path": {"dialect": DIALECT, "path": "/tasks", "limit": "5", "after": "0"},
    },
    ("DELETE", "/calls"): {"those of one account": {"key": KEY}},
    ("GET", "/verdict"): {
        "of a client": {"key": KEY},
        "of a gateway": {"key": KEY, "as": "gateway"},
    },
    ("GET", "/ledger"): {"of one account": {"key": KEY, "limit": "5"}},
}
