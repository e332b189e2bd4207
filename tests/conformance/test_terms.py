"""When, how and to what end a probe is sent: values, and their texts in recordings."""

import pytest

from conformance.catalogue import documents
from conformance.plan import kinds, terms
from conformance.plan.probes import World
from conformance.plan.terms import Form, Way, When


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (terms.NOW, ""),
        (terms.RUNNING, "running"),
        (When("failed", after=True), "after:failed"),
        (When(at=-3540), "at:-3540"),
    ],
)
def test_a_moment_is_read_as_it_is_written(value: When, text: str) -> None:
    assert str(value) == text
    assert terms.when(text) == value
    assert bool(value) is bool(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (terms.JSON, "json"),
        (terms.EMPTY, "raw:empty"),
        (Form(Way.RAW_JSON, '{"a": "b:c"}'), 'raw-json:{"a": "b:c"}'),
        (Form(Way.PAD, "65"), "pad:65"),
    ],
)
def test_a_form_is_read_as_it_is_written(value: Form, text: str) -> None:
    assert str(value) == text
    assert terms.form(text) == value


def test_a_form_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="xml"):
        terms.form("xml")


def test_nobody_waits_for_an_end_that_does_not_come() -> None:
    assert terms.fate(end=terms.STUCK).endless
    assert terms.fate(queue="1s", run=terms.HOUR, end="succeeded").endless
    assert not terms.fate(queue="10s", end="failed").endless


@pytest.mark.parametrize("name", documents.dialects())
def test_what_is_drawn_is_written_down_and_read_again(name: str) -> None:
    catalogue = documents.catalogue(name)
    every = World(catalogue, control=True, second=True, callback=True, media=True, loopback=True)
    for row in catalogue.testable:
        for probe in kinds.drawn(row, every):
            assert terms.when(str(probe.when)) == probe.when, row.id
            assert terms.form(str(probe.form)) == probe.form, row.id
