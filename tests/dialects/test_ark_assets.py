"""Ark's asset library: its calls, what becomes of assets, what orders say of them, who calls."""

import asyncio
import io
from collections.abc import Mapping
from typing import Any

import pytest
from PIL import Image
from yarl import URL

from simulator.core import signatures
from simulator.core.config import Config, Key
from simulator.dialects.ark import DIALECT
from simulator.engine import Engine
from simulator.server.app import WORLD
from tests.dialects.items import TEXT, accepted, item, order, refused
from tests.driving import BASE, KEY, START, World, world
from tests.serving import serve

SAMPLE = "http://h/_sim/media"
LINKS = {kind.title(): f"{SAMPLE}/{kind}" for kind in ("image", "video", "audio")}
AIGC = {"GroupType": "AIGC"}

# What volcengine-python-sdk 5.0.54 sends for this body with these keys, which are nobody's.
BODY = '{"Filter": {"GroupType": "AIGC", "Name": "ü"}}'.encode()
SECRET = "c2VjcmV0L2tleQ=="
SENT: Mapping[str, str] = {
    "Host": "sim.test",
    "X-Sdk-Request": "attempt=1; max=4",
    "X-Date": "20261129T090154Z",
    "X-Content-Sha256": "a68aee295c108a65b0490ae9620a21c6ad63319bee032b30cc016f322fb69d9c",
    "X-Security-Token": "sts-token",
    "Authorization": "HMAC-SHA256 Credential=AKLTtest/20261129/cn-beijing/ark/request, "
    "SignedHeaders=content-type;host;x-content-sha256;x-date;x-sdk-request;x-security-token, "
    "Signature=b1c2be0e2046e67c19591efb60f99532777f8f1b93f9319f1c939b0f9a1c02ab",
}
SIGNED_AT = signatures.at(SENT["X-Date"]) or 0


async def call(here: World, action: str, body: Any = None, **also: Any) -> tuple[int, Any]:
    """Status, and the result of a call or its error."""
    path = f"/?Action={action}&Version=2024-01-01"
    status, answer = await here.json("POST", path, {} if body is None else body, **also)
    told = answer["ResponseMetadata"]
    assert (told["Action"], told["Version"], told["Service"]) == (action, "2024-01-01", "ark")
    return status, told.get("Error") or answer["Result"]


async def good(here: World, action: str, body: Any = None, **also: Any) -> Any:
    status, result = await call(here, action, body, **also)
    assert status == 200, result
    return result


async def group_of(here: World, **fields: Any) -> str:
    group: str = (await good(here, "CreateAssetGroup", {"Name": "Cast", **fields}))["Id"]
    return group


async def asset_of(here: World, group: str, **fields: Any) -> str:
    told = {"GroupId": group, "AssetType": "Image", "URL": LINKS["Image"], **fields}
    asset: str = (await good(here, "CreateAsset", told))["Id"]
    return asset


def using(asset: str, media: str = "image") -> Any:
    return order(TEXT, item(media, f"reference_{media}", f"asset://{asset}"))


async def looked(here: World, asset: str) -> Any:
    """An asset as it is shown, without its link, which is always a new one."""
    shown = await good(here, "GetAsset", {"Id": asset})
    link = f"{BASE}/tos/ark-media-asset/{asset}.png?X-Tos-Algorithm=TOS4-HMAC-SHA256&"
    assert shown["URL"].startswith(link)
    del shown["URL"]
    return shown


async def test_an_asset_is_looked_at_and_can_be_used_then() -> None:
    here = world(DIALECT)
    group = await group_of(here, Description="d", GroupType="AIGC")
    asset = await asset_of(here, group, Name="Hero")
    error = await refused(here, using(asset))
    assert f"The specified asset {asset} is still processing." in error["message"]
    assert error["param"] == "content[1].image_url.url"
    shown = {
        "Id": asset,
        "Name": "Hero",
        "AssetType": "Image",
        "GroupId": group,
        "Status": "Processing",
        "ProjectName": "default",
        "CreateTime": "2026-06-06T08:00:57Z",
        "UpdateTime": "2026-06-06T08:00:57Z",
        "Moderation": {"Strategy": "Default"},
    }
    here.advance("999ms")
    assert await looked(here, asset) == shown
    here.advance("1ms")
    active = {**shown, "Status": "Active", "UpdateTime": "2026-06-06T08:00:58Z"}
    assert await looked(here, asset) == active
    task = await accepted(here, using(asset))
    (reference,) = task.order.references
    assert (reference.role, reference.name) == ("reference_image", "image")
    assert reference.facts is not None
    assert (await accepted(here, order(TEXT, item("image", None, f"Asset://{asset}")))).order
    error = await refused(here, using(asset, "video"))
    assert "the specified asset is not a video." in error["message"]


async def test_pictures_of_assets_keep_their_bytes_for_the_clip() -> None:
    here = world(DIALECT, pace="instant", allow_host=("app",))
    here.engine.fetch = Red()
    asset = await asset_of(here, await group_of(here), URL="http://app/hero.png")
    (reference,) = (await accepted(here, using(asset))).order.references
    assert reference.name == "hero.png"
    assert await here.engine.store.blob(reference.digest)


class Red:
    """Gives a red picture for any link."""

    async def __call__(self, url: str) -> bytes:
        made = io.BytesIO()
        Image.new("RGB", (640, 640), "red").save(made, "PNG")
        return made.getvalue()

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"URL": "https://h/face.png"}, "InputImageSensitiveContentDetected.PrivacyInformation"),
        (
            {"URL": f"{SAMPLE}/image?face=1"},
            "InputImageSensitiveContentDetected.PrivacyInformation",
        ),
        ({"Name": "x [[sim: fail]]"}, "InputImageSensitiveContentDetected.PolicyViolation"),
        ({"Name": "[[sim: fail=FaceMismatch run=1s]]"}, "FaceMismatch"),
    ],
)
async def test_a_review_may_fail_an_asset(told: Any, code: str) -> None:
    here = world(DIALECT)
    asset = await asset_of(here, await group_of(here), **told)
    here.advance("1s")
    shown = await good(here, "GetAsset", {"Id": asset})
    assert shown["Status"] == "Failed"
    assert shown["Error"]["Code"] == code
    assert shown["Error"]["Message"].endswith(".")
    assert "[[sim" not in shown["Name"]
    error = await refused(here, using(asset))
    assert "has failed its review" in error["message"]


async def test_a_face_passes_where_nobody_looks() -> None:
    here = world(DIALECT, pace="instant")
    group = await group_of(here)
    told = {"URL": "https://h/face.png", "Moderation": {"Strategy": "Skip"}}
    await accepted(here, using(await asset_of(here, group, **told)))


@pytest.mark.parametrize(
    ("kind", "query", "code"),
    [
        ("Image", "width=299&height=400", "WidthTooSmall"),
        ("Image", "width=6000&height=2000", "AspectRatioTooLarge"),
        ("Image", "size=31457280", "FileSizeTooLarge"),
        ("Video", "width=600&height=600", "PixelCountTooSmall"),
        ("Video", "width=3840&height=2161", "PixelCountTooLarge"),
        ("Video", "seconds=30.1", "DurationTooLong"),
        ("Video", "seconds=1.9", "DurationTooShort"),
        ("Video", "fps=61", "FrameRateTooHigh"),
        ("Audio", "size=15728641", "FileSizeTooLarge"),
    ],
)
async def test_media_beyond_a_bound_are_refused_at_once(kind: str, query: str, code: str) -> None:
    here = world(DIALECT)
    told = {"GroupId": await group_of(here), "AssetType": kind, "URL": f"{LINKS[kind]}?{query}"}
    status, error = await call(here, "CreateAsset", told)
    assert (status, error["Code"]) == (400, f"InvalidParameter.{code}")
    assert await good(here, "ListAssets", {"Filter": AIGC}) == {
        "Items": [],
        "TotalCount": 0,
        "PageNumber": 1,
        "PageSize": 10,
    }


@pytest.mark.parametrize(
    ("action", "body", "status", "code"),
    [
        ("CreateAssetGroup", {}, 400, "MissingParameter.Name"),
        ("CreateAssetGroup", {"Name": "x" * 65}, 400, "InvalidParameter"),
        ("CreateAssetGroup", {"Name": "x", "Description": "x" * 301}, 400, "InvalidParameter"),
        ("CreateAssetGroup", {"Name": "x", "GroupType": "LivenessFace"}, 400, "InvalidParameter"),
        ("CreateAssetGroup", {"Name": 5}, 400, "InvalidParameter"),
        ("CreateAssetGroup", [], 400, "InvalidParameter"),
        ("CreateAssetGroup", b"{", 400, "InvalidParameter"),
        ("CreateAsset", {"GroupId": "g", "URL": "u"}, 400, "MissingParameter.AssetType"),
        (
            "CreateAsset",
            {"GroupId": "g", "URL": LINKS["Image"], "AssetType": "Image"},
            404,
            "NotFound.group_id",
        ),
        ("GetAsset", {"Id": "asset-20200101000000-zzzzz"}, 404, "NotFound.asset_id"),
        ("GetAssetGroup", {"Id": "group-20200101000000-zzzzz"}, 404, "NotFound.group_id"),
        ("UpdateAsset", {"Id": "asset-x"}, 400, "MissingParameter.Name"),
        ("DeleteAsset", {"Id": "asset-x"}, 404, "NotFound.asset_id"),
        ("ListAssetGroups", {}, 400, "MissingParameter.Filter"),
        ("ListAssetGroups", {"Filter": {}}, 400, "MissingParameter.Filter.GroupType"),
        ("ListAssets", {"Filter": []}, 400, "InvalidParameter"),
        ("ListAssets", {"Filter": {"Statuses": ["Good"]}}, 400, "InvalidParameter"),
        ("ListAssets", {"Filter": AIGC, "PageSize": 0}, 400, "InvalidParameter"),
        ("ListAssets", {"Filter": AIGC, "NextToken": "-1"}, 400, "InvalidParameter"),
        ("CreateVisualValidateSession", {}, 404, "InvalidActionOrVersion"),
    ],
)
async def test_refused_calls(action: str, body: Any, status: int, code: str) -> None:
    found, error = await call(world(DIALECT), action, body)
    assert (found, error["Code"]) == (status, code), error
    assert "{" not in error["Message"]


@pytest.mark.parametrize(
    "url", ["a.png", "ftp://h/a.png", "data:image/png;base64,AAAA", "https://gone.invalid/a.png"]
)
async def test_a_link_that_is_none(url: str) -> None:
    here = world(DIALECT)
    told = {"GroupId": await group_of(here), "AssetType": "Image", "URL": url}
    status, error = await call(here, "CreateAsset", told)
    assert (status, error["Code"]) == (400, "InvalidParameter")
    assert error["Message"].startswith("The parameter URL is not valid: ")


async def test_what_is_deleted_is_unknown_and_stays_so() -> None:
    here = world(DIALECT, pace="instant")
    group = await group_of(here)
    first, second = [await asset_of(here, group) for _ in range(2)]
    assert await good(here, "DeleteAsset", {"Id": first}) == {}
    assert (await call(here, "GetAsset", {"Id": first}))[0] == 404
    assert (await call(here, "UpdateAsset", {"Id": first, "Name": "x"}))[0] == 404
    error = await refused(here, using(first))
    assert f"The specified asset {first} is not found." in error["message"]
    await accepted(here, using(second))
    assert await good(here, "DeleteAssetGroup", {"Id": group}) == {}
    assert (await call(here, "GetAsset", {"Id": second}))[0] == 404
    assert "not found" in (await refused(here, using(second)))["message"]
    told = {"GroupId": group, "AssetType": "Image", "URL": LINKS["Image"]}
    assert (await call(here, "CreateAsset", told))[0] == 404


async def test_accounts_and_projects_do_not_meet() -> None:
    here = world(DIALECT, pace="instant")
    asset = await asset_of(here, await group_of(here))
    assert (await call(here, "GetAsset", {"Id": asset}, key="sk-other"))[0] == 404
    status, _ = await here.json(
        "POST", "/api/v3/contents/generations/tasks", using(asset), key="sk-other"
    )
    assert status == 400
    elsewhere = {"ProjectName": "films"}
    assert (await call(here, "GetAsset", {"Id": asset, **elsewhere}))[0] == 404
    group = await group_of(here, **elsewhere)
    other = await asset_of(here, group, **elsewhere)
    assert "not found" in (await refused(here, using(other)))["message"]
    path, of = "/api/v3/contents/generations/tasks", {"X-Project-Name": "films"}
    assert (await here.json("POST", path, using(other), headers=of))[0] == 200


async def test_lists_are_filtered_and_come_in_pages() -> None:
    here = world(DIALECT)
    groups = [await group_of(here, Name=f"Cast {n}") for n in range(3)]
    assets = [await asset_of(here, groups[0], Name=f"a{n}") for n in range(3)]
    here.advance("1s")
    late = await asset_of(here, groups[1], Name="late")
    await good(here, "UpdateAsset", {"Id": assets[1], "Name": "renamed"})

    async def listed(action: str = "ListAssets", told: Any = None, **also: Any) -> list[str]:
        body = {"Filter": {**AIGC, **(told or {})}, **also}
        return [one["Id"] for one in (await good(here, action, body))["Items"]]

    assert await listed() == [late, *reversed(assets)]
    assert await listed(SortOrder="Asc") == [*assets, late]
    assert await listed(told={"GroupIds": [groups[0]]}, PageSize=2, PageNumber=2) == [assets[0]]
    assert await listed(told={"Statuses": ["Processing"]}) == [late]
    assert await listed(told={"Name": "name"}) == [assets[1]]
    assert await listed(told={"GroupType": "LivenessFace"}) == []
    assert await listed("ListAssetGroups", {"GroupIds": groups[1:]}) == [groups[2], groups[1]]
    body = {"Filter": AIGC, "MaxResults": 3}
    first = await good(here, "ListAssets", body)
    rest = await good(here, "ListAssets", {**body, "NextToken": first["NextToken"]})
    assert [one["Id"] for one in first["Items"] + rest["Items"]] == await listed()
    assert rest["NextToken"] == ""
    assert await good(here, "UpdateAssetGroup", {"Id": groups[0], "Description": "new"})
    shown = await good(here, "GetAssetGroup", {"Id": groups[0]})
    assert (shown["Name"], shown["Description"]) == ("Cast 0", "new")
    assert (shown["CreateTime"], shown["UpdateTime"]) == (
        "2026-06-06T08:00:57Z",
        "2026-06-06T08:00:58Z",
    )


async def test_ids_are_unique_where_many_come_at_once() -> None:
    here = world(DIALECT)
    group = await group_of(here)
    made = await asyncio.gather(*(asset_of(here, group) for _ in range(20)))
    assert len({*made}) == 20


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("sk-sim-nogroup", 403, "SubscriptionRequired"),
        ("sk-sim-limited", 429, "RequestLimitExceeded"),
        ("sk-sim-banned", 403, "AccessDenied"),
        ("sk-sim-invalid", 401, "InvalidAccessKey"),
        ("sk-sim-expired", 401, "InvalidSecretToken"),
        (None, 400, "InvalidCredential"),
    ],
)
async def test_who_may_not_call(key: str | None, status: int, code: str) -> None:
    found, error = await call(world(DIALECT), "ListAssets", {"Filter": AIGC}, key=key)
    assert (found, error["Code"]) == (status, code)


def signing(real: int = SIGNED_AT, keys: Any = None, **settings: Any) -> World:
    """A world whose real time is that of the signature, with its pair in the key file."""
    keys = (Key(KEY, access_key="AKLTtest", secret_key=SECRET),) if keys is None else keys
    config = Config(seed=1, start=START, freeze=True, keys=keys or None, **settings)
    return World(DIALECT, Engine(config, real=lambda: real))


async def signed(here: World, body: bytes = BODY, path: str = "", **headers: str) -> Any:
    path = path or "/?Action=ListAssetGroups&Version=2024-01-01"
    sent = {**SENT, **{name.replace("_", "-"): value for name, value in headers.items()}}
    status, answer = await here.json("POST", path, body, key=None, headers=sent)
    return status, answer["ResponseMetadata"].get("Error", {}).get("Code", "")


async def test_the_signature_of_the_official_client_is_that_of_its_account() -> None:
    here = signing()
    await group_of(here, Name="grün")
    assert await signed(here) == (200, "")
    here.advance("30d")  # of the simulated time, which no signer knows
    assert await signed(here) == (200, "")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"body": BODY + b" "}, (401, "SignatureDoesNotMatch")),
        ({"Host": "other.test"}, (401, "SignatureDoesNotMatch")),
        ({"Content-Type": "application/json; charset=utf-8"}, (401, "SignatureDoesNotMatch")),
        ({"X_Sdk_Request": "attempt=2; max=4"}, (401, "SignatureDoesNotMatch")),
        ({"X_Security_Token": "other"}, (401, "SignatureDoesNotMatch")),
        ({"X_Date": "20261129T090155Z"}, (401, "SignatureDoesNotMatch")),
        ({"X_Date": "20261128T090154Z"}, (400, "InvalidTimestamp")),
        ({"X_Date": "yesterday"}, (400, "InvalidTimestamp")),
        ({"X_Date": "20269999T999999Z"}, (400, "InvalidTimestamp")),
        (
            {"path": "/?Action=ListAssetGroups&Version=2024-01-01&X=1"},
            (401, "SignatureDoesNotMatch"),
        ),
        ({"path": "/?Action=ListAssets&Version=2024-01-01"}, (401, "SignatureDoesNotMatch")),
        (
            {"Authorization": SENT["Authorization"].replace("AKLTtest", "AKLTother")},
            (401, "InvalidAccessKey"),
        ),
        (
            {"Authorization": SENT["Authorization"].replace("/ark/", "/iam/")},
            (400, "InvalidCredential"),
        ),
        (
            {"Authorization": SENT["Authorization"].replace("20261129", "20261128")},
            (400, "InvalidCredential"),
        ),
        (
            {"Authorization": SENT["Authorization"].replace(";x-date;", ";")},
            (401, "SignatureDoesNotMatch"),
        ),
        (
            {"Authorization": SENT["Authorization"].replace("b1c2", "b1c3")},
            (401, "SignatureDoesNotMatch"),
        ),
        ({"Authorization": SENT["Authorization"][:-1]}, (400, "InvalidAuthorization")),
        ({"Authorization": "HMAC-SHA256 nonsense"}, (400, "InvalidAuthorization")),
        ({"Authorization": "Bearer AKLTtest"}, (401, "InvalidAccessKey")),
    ],
)
async def test_a_changed_request_is_not_as_it_was_signed(changed: Any, code: Any) -> None:
    here = signing()
    assert await signed(here, **{k.replace("-", "_"): v for k, v in changed.items()}) == code
    assert not (await here.engine.state(KEY)).items


@pytest.mark.parametrize("minutes", [-16, 16])
async def test_a_replayed_date_and_a_skewed_clock(minutes: int) -> None:
    here = signing(SIGNED_AT + minutes * 60_000)
    assert await signed(here) == (400, "InvalidTimestamp")
    assert await signed(signing(SIGNED_AT + minutes // 8 * 7 * 60_000)) == (200, "")


async def test_a_date_must_be_there() -> None:
    sent = {name: value for name, value in SENT.items() if name != "X-Date"}
    path = "/?Action=ListAssetGroups&Version=2024-01-01"
    _, answer = await signing().json("POST", path, BODY, key=None, headers=sent)
    assert answer["ResponseMetadata"]["Error"]["Code"] == "MissingRequestInfo"


async def test_any_pair_signs_where_no_key_file_names_its_secret() -> None:
    here = signing(keys=())
    changed = SENT["Authorization"].replace("b1c2", "b1c3")
    assert await signed(here, Authorization=changed) == (200, "")
    assert (await signed(here, BODY + b" "))[1] == "SignatureDoesNotMatch"
    told = {"Name": "Grün über allem"}
    await good(here, "CreateAssetGroup", told, key="AKLTtest")
    path = "/?Action=ListAssetGroups&Version=2024-01-01"
    _, answer = await here.json("POST", path, BODY, key=None, headers=SENT)
    assert [one["Name"] for one in answer["Result"]["Items"]] == ["Grün über allem"]


async def test_a_signature_is_no_key_of_other_calls() -> None:
    sent = {**SENT, "Host": "sim.test"}
    path = "/api/v3/contents/generations/tasks"
    status, answer = await signing().json("POST", path, order(), key=None, headers=sent)
    assert (status, answer["error"]["code"]) == (401, "AuthenticationError")


async def test_the_calls_stand_at_the_root_and_below_the_name() -> None:
    query = {"Action": "CreateAssetGroup", "Version": "2024-01-01"}
    async with serve(dialect="ark") as server, serve() as other:
        for base in (server.base, f"{server.base}/ark", f"{server.base}/ark/", f"{other.base}/ark"):
            async with server.client.post(base, params=query, json={"Name": "x"}) as answer:
                assert answer.status == 200
                assert (await answer.json())["Result"]["Id"].startswith("group-")
        async with server.client.post(other.base, params=query, json={}) as answer:
            assert answer.status == 404
            assert "/ark" in str(await answer.json())
        async with server.client.get(server.base, params=query) as answer:
            assert answer.status == 200  # the index
        async with server.client.get(f"{server.base}/ark/", params=query) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_the_link_of_an_asset_holds_for_twelve_hours() -> None:
    query = {"Action": "CreateAssetGroup", "Version": "2024-01-01"}
    async with serve(dialect="ark", pace="instant") as server:
        app = server.app[WORLD]
        app.engine.fetch = Red()

        async def call(action: str, **body: Any) -> Any:
            asked = {**query, "Action": action}
            async with server.client.post(server.base, params=asked, json=body) as answer:
                return (await answer.json())["Result"]

        async def got(url: str) -> tuple[int, str]:
            async with server.anonymous.get(
                URL(url, encoded=True), allow_redirects=False
            ) as answer:
                return answer.status, answer.headers.get("Location") or answer.content_type

        group = (await call("CreateAssetGroup", Name="x"))["Id"]
        told = {"GroupId": group, "AssetType": "Image"}
        kept = await call("CreateAsset", URL="http://app/hero.png", **told)
        sample = f"{server.base}/_sim/media/image"
        other = await call("CreateAsset", URL=sample, **told)
        url = (await call("GetAsset", **kept))["URL"]
        assert await got(url) == (200, "image/png")
        assert await got((await call("GetAsset", **other))["URL"]) == (302, sample)
        assert (await got(url.replace("Signature=", "Signature=0")))[0] == 403
        await server.advance("12h")
        assert (await got(url))[0] == 403
        url = (await call("GetAsset", **kept))["URL"]
        await call("DeleteAsset", **kept)
        assert (await got(url))[0] == 404
