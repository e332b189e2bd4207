"""Every dialect has words for every kind of problem, in both fidelities."""

import json
import re

import pytest

from simulator.dialects import ALL
from simulator.problems import Kind, Problem
from simulator.wire import Call, Dialect

# A name of a template that nothing was put in for.
TEMPLATE = re.compile(r"\{(field|got|limit|detail|method|path|item|media|family|mode)\b")


@pytest.mark.parametrize("observed", [False, True])
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
def test_every_kind_of_problem_has_words(dialect: Dialect, observed: bool) -> None:
    call = Call("POST", "/x", observed=observed)
    for kind in Kind:
        problem = Problem(kind, "field", "is the reason", limit="the limit", got="{what} came")
        reply = dialect.refuse(problem, call)
        assert 400 <= reply.status < 600, kind
        assert len(json.dumps(reply.body)) > 20, kind
        assert not TEMPLATE.search(json.dumps(reply.body)), kind
