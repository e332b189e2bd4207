"""Every kind of row has its sentence, its keys, its draw and its judge, side by side."""

from conformance import judge
from conformance.catalogue import documents
from conformance.judge import parts
from conformance.plan import kinds
from tests.conformance import kindtable


def test_every_kind_has_all_its_parts_and_none_is_left_over() -> None:
    named = set(documents.schema().kinds)
    assert named == set(kinds.KINDS) == set(judge.KINDS) == set(parts.all())
    for name, each in parts.all().items():
        assert each.schema.says, name
        assert not each.schema.needs & each.schema.may, name


def test_the_table_of_kinds_is_made_from_them() -> None:
    text = kindtable.FILE.read_text("utf-8")
    assert kindtable.BEGIN + kindtable.table() + kindtable.END in text
