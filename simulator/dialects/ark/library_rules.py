"""What the calls of Ark's asset library take: the rows of each.

Bounds are from notes on the asset pages of Volcengine's documentation, 2026; those of pages, and
what lists can be sorted by, are ours.
"""

from dataclasses import dataclass

from simulator.core.problems import Kind, Problem
from simulator.core.rules import Between, Body, Length, OfType, OneOf, Required, Rule, value
from simulator.dialects.ark import assets

MOST = 100
GROUP_TYPE = "AIGC"
# Groups of real people, which only a camera makes; nobody has one here.
GROUP_TYPES = (GROUP_TYPE, "LivenessFace")


@dataclass(frozen=True, slots=True)
class Strings:
    """If the field is there, it is an array of strings, of the choices where there are some."""

    field: str
    choices: tuple[str, ...] = ()

    def problem(self, body: Body) -> Problem | None:
        found = value(body, self.field)
        if found is None:
            return None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            return Problem(Kind.TYPE, self.field, "must be an array of strings", got=found)
        if self.choices and not set(found) <= set(self.choices):
            detail = "must be of " + ", ".join(self.choices)
            return Problem(Kind.CHOICE, self.field, detail, got=found)
        return None


def _text(field: str, most: int) -> tuple[Rule, ...]:
    return (OfType(field, "string"), Length(field, most))


_PROJECT = (OfType("ProjectName", "string"), Length("ProjectName", 64))
ID: tuple[Rule, ...] = (Required("Id"), OfType("Id", "string"), *_PROJECT)
NAME, DESCRIPTION = _text("Name", 64), _text("Description", 300)
LIST: tuple[Rule, ...] = (
    Required("Filter"),
    OfType("Filter", "object"),
    OfType("Filter.GroupType", "string"),
    OneOf("Filter.GroupType", GROUP_TYPES),
    OfType("Filter.Name", "string"),
    Strings("Filter.GroupIds"),
    Strings("Filter.Statuses", assets.STATUSES),
    OfType("PageNumber", "integer"),
    Between("PageNumber", 1, 1_000_000),
    OfType("PageSize", "integer"),
    Between("PageSize", 1, MOST),
    OfType("MaxResults", "integer"),
    Between("MaxResults", 1, MOST),
    OfType("NextToken", "string"),
    OneOf("SortBy", ("CreateTime", "UpdateTime")),
    OneOf("SortOrder", ("Asc", "Desc")),
    *_PROJECT,
)
GROUP_LIST: tuple[Rule, ...] = (*LIST[:2], Required("Filter.GroupType"), *LIST[2:])
NEW_ASSET: tuple[Rule, ...] = (
    Required("GroupId"),
    OfType("GroupId", "string"),
    Required("URL"),
    OfType("URL", "string"),
    Required("AssetType"),
    OfType("AssetType", "string"),
    OneOf("AssetType", tuple(assets.TYPES)),
    *NAME,
    OfType("Moderation", "object"),
    OneOf("Moderation.Strategy", ("Default", "Skip")),
    *_PROJECT,
)
NEW_GROUP: tuple[Rule, ...] = (
    Required("Name"),
    *NAME,
    *DESCRIPTION,
    OfType("GroupType", "string"),
    OneOf("GroupType", (GROUP_TYPE,)),
    *_PROJECT,
)
