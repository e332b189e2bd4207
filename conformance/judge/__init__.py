"""The third stage: rules as pure functions over the transcript, one for each kind of row."""

from collections.abc import Callable, Mapping

from conformance.judge import (
    agreement,
    answers,
    callbacks,
    clips,
    errors,
    idempotency,
    life,
    links,
    money,
    routes,
    shown,
    taken,
)
from conformance.judge.case import Case, Finding

Judge = Callable[[Case], Finding]

KINDS: Mapping[str, Judge] = {
    "actual": shown.actual,
    "adaptive": shown.judge,
    "agrees": agreement.agrees,
    "alone": taken.judge,
    "ascending": agreement.ascending,
    "asset": links.asset,
    "billing": money.billing,
    "body-size": taken.judge,
    "callback": callbacks.judge,
    "clip": clips.judge,
    "compare": money.compare,
    "constant": answers.constant,
    "count": taken.judge,
    "credentials": taken.credentials,
    "default": shown.judge,
    "delete": life.deleted,
    "effect": shown.judge,
    "encoding": links.encoding,
    "enum": taken.judge,
    "envelope": errors.envelope,
    "error": errors.error,
    "excludes": taken.judge,
    "expiry": life.expiry,
    "form": taken.judge,
    "header": links.header,
    "hostile": taken.hostile,
    "http": answers.http,
    "idempotent": idempotency.idempotent,
    "identity": answers.identity,
    "ignored": shown.ignored,
    "kept": life.kept,
    "length": taken.judge,
    "lifetime": life.lifetime,
    "link": links.link,
    "list": links.listing,
    "malformed": taken.hostile,
    "media": taken.judge,
    "media-type": taken.judge,
    "mode": taken.judge,
    "moment": answers.moment,
    "no-echo": answers.no_echo,
    "null-absent": taken.judge,
    "optional": taken.judge,
    "pairs": taken.mixed,
    "pattern": answers.pattern,
    "progress": life.progress,
    "range": taken.judge,
    "refund": money.refund,
    "refusal-text": taken.refusal_text,
    "required": taken.judge,
    "requires": taken.judge,
    "route": routes.route,
    "same": agreement.same,
    "shape": answers.shape,
    "stable": life.stable,
    "tenancy": life.tenancy,
    "tokens": money.tokens,
    "transitions": life.transitions,
    "type": taken.judge,
    "unique": agreement.unique,
    "unsupported": taken.looked,
    "wins": shown.judge,
    "witness": taken.judge,
    "words": answers.words,
}


def find(case: Case) -> Finding:
    """What the judge of a row's kind finds."""
    return KINDS[case.row.kind](case)


__all__ = ["KINDS", "Case", "Finding", "find"]
