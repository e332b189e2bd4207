"""Every dialect has words for every kind of problem, in both fidelities."""

import json
import re

import pytest

from simulator.core.problems import Kind, Problem
from simulator.dialects import ALL
from simulator.engine.call import Call
from simulator.engine.dialect import Dialect

# A name of a template that nothing was put in for.
TEMPLATE = re.compile(r"\{(field|got|limit|detail|method|path|item|media|family|mode)\b")


@pytest.mark.parametrize("observed", [False, True])
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
def test_every_kind_of_problem_has_words(dialect: Dialect, observed: bool) -> None:
    call = Call("POST", "/v1/x", observed=observed)
    for kind in Kind:
        problem = Problem(kind, "field", "is the reason", limit="the limit", got="{what} came")
        reply = dialect.refuse(problem, call)
        assert 400 <= reply.status < 600, kind
        assert len(json.dumps(reply.body)) > 20, kind
        assert not TEMPLATE.search(json.dumps(reply.body)), kind


# What has to do with one field, which has to be named. The paths and the media of ark's media
# problems are told in its own way (tests/dialects/test_ark.py).
OF_A_FIELD = (
    Kind.MISSING,
    Kind.TYPE,
    Kind.CHOICE,
    Kind.RANGE,
    Kind.COUNT,
    Kind.UNSUPPORTED,
    Kind.CONFLICT,
    Kind.NEEDS,
    Kind.ADDRESS,
    Kind.UNREADABLE,
)


@pytest.mark.parametrize("observed", [False, True])
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("kind", OF_A_FIELD)
def test_the_field_to_blame_is_named(dialect: Dialect, observed: bool, kind: Kind) -> None:
    call = Call("POST", "/x", observed=observed)
    problem = Problem(kind, "this_field", "is the reason", limit="the limit", got="what came")
    assert "this_field" in json.dumps(dialect.refuse(problem, call).body)


@pytest.mark.parametrize("observed", [False, True])
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("kind", [Kind.LIMITED, Kind.QUEUE_FULL])
def test_words_of_a_limit_say_the_seconds_of_its_header(
    dialect: Dialect, observed: bool, kind: Kind
) -> None:
    call = Call("POST", "/x", observed=observed)
    plain, timed = (
        json.dumps(dialect.refuse(Problem(kind, limit=1, got=seconds), call).body, sort_keys=True)
        for seconds in (None, 7)
    )
    told = re.findall(r"\b(\d+) seconds|a (minute)", timed)
    assert told == [("7", "")] * len(re.findall(r"\b\d+ seconds|a minute", plain))
