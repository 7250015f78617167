"""What the derivation makes of a stripe-python release's source."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract import derive
from pytest_stripe_balance.contract.releases import release_of
from pytest_stripe_balance.contract.sdk import Sdk

# A release in small, of the layout before 13 (nested parameters), that can't be imported.
SMALL = {
    "_api_version.py": 'class _ApiVersion:\n    CURRENT = "2025-08-27.basil"\n',
    "_thing.py": """
from stripe._other import Other as Another
raise RuntimeError("imported")
class Thing(UpdateableAPIResource["Thing"]):
    OBJECT_NAME: ClassVar[Literal["thing"]] = "thing"
    class Part(StripeObject):
        colour: Union[Literal["red", "blue"], str]
    part: Optional[Part]
    parts: List[Part]
    weight: Decimal
    sizes: Optional[Dict[str, int]]
    anything: Optional[Any]
    other: Optional[ExpandableField["Another"]]
    things: ListObject["Thing"]
    object: Literal["thing"]
    deleted: Optional[Literal[True]]
""",
    "_other.py": """
class Other(StripeObject):
    OBJECT_NAME: ClassVar[
        Literal["other"]
    ] = "other"
    id: str
""",
    "_thing_service.py": """
class ThingService(StripeService):
    class UpdateParams(TypedDict):
        amount: int
        mode: NotRequired["Literal['']|Literal['b', 'a']"]
        part: NotRequired["ThingService.UpdateParamsPart|bool"]
    _UpdateParamsPartBase = TypedDict("UpdateParamsPart", {"from": NotRequired["Literal[True]"]})
    class UpdateParamsPart(_UpdateParamsPartBase):
        names: NotRequired[List[str]]
    def update(self, thing: str, params: "ThingService.UpdateParams" = {}):
        return self._request("post", "/v1/things/{thing}".format(thing=thing), params=params)
    def ping(self):
        return self._request("get", "/v1/things/ping")
""",
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Write the release in small and give its folder."""
    for name, text in SMALL.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_types_of_an_object_become_its_schema(small: Path) -> None:
    """Optional, open enums, lists, maps, decimals, expandables and pages are mapped as stated."""
    part = {
        "type": "object",
        "properties": {"colour": {"type": "string", "x-stripe-enum": ["blue", "red"]}},
        "required": ["colour"],
    }
    other = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "object": {"const": "other"}},
        "required": ["id", "object"],
    }
    either = {"anyOf": [{"$ref": "thing.json"}, {"$ref": "deleted_thing.json"}]}
    assert derive.derive(small, ["thing"], []).objects["thing"] == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "thing",
        "type": "object",
        "properties": {
            "part": part | {"type": ["null", "object"]},
            "parts": {"type": "array", "items": part},
            "weight": {"type": "string"},
            "sizes": {"type": ["null", "object"], "additionalProperties": {"type": "integer"}},
            "anything": {},
            "other": {
                "anyOf": [{"type": ["null", "string"]}, other],
                "x-stripe-expandable": ["other"],
            },
            "things": {
                "allOf": [{"$ref": "list.json"}],
                "properties": {"data": {"items": either}},
            },
            "object": {"const": "thing"},
            "deleted": {"const": True},
        },
        "required": ["object", "parts", "things", "weight"],
    }


def test_deleted_stub_comes_with_a_deletable_object(small: Path) -> None:
    """An object whose class knows `deleted` brings its stub."""
    stub = derive.derive(small, ["thing"], []).objects["deleted_thing"]
    assert stub["properties"]["deleted"] == {"const": True}
    assert stub["required"] == ["deleted", "id", "object"]


def test_parameter_types_become_rules(small: Path) -> None:
    """Required, closed enums, clearable values and unions are mapped, placeholders unnamed."""
    rules = derive.derive(small, [], ["POST /v1/things/{id}", "GET /v1/things/ping"]).rules
    part = {
        "type": "object",
        "properties": {
            "from": {"type": "boolean"},
            "names": {"type": "array", "items": {"type": "string"}},
        },
        "required": [],
    }
    assert rules == {
        "POST /v1/things/{id}": {
            "type": "object",
            "properties": {
                "amount": {"type": "integer"},
                "mode": {"type": "string", "enum": ["a", "b"], "clearable": True},
                "part": {"anyOf": [part, {"type": "boolean"}]},
            },
            "required": ["amount"],
        },
        "GET /v1/things/ping": {"type": "object", "properties": {}, "required": []},
    }


def test_a_resources_own_calls_are_read_where_no_service_makes_them(small: Path) -> None:
    """Its method unpacks the parameters; a service's, where there is one, is the one that counts."""
    text = (small / "_thing.py").read_text("utf-8")
    more = """
    class ListPartsParams(RequestOptions):
        page: NotRequired[int]
    class UpdateParams(RequestOptions):
        other: str
    @classmethod
    def list_parts(cls, thing: str, **params: Unpack["Thing.ListPartsParams"]):
        return cls._static_request("get", "/v1/things/{thing}/parts".format(thing=thing), params=params)
    @classmethod
    def update(cls, thing: str, **params: Unpack["Thing.UpdateParams"]):
        return cls._static_request("post", "/v1/things/{thing}".format(thing=thing), params=params)
"""
    (small / "_thing.py").write_text(text + more, "utf-8")
    rules = derive.derive(small, [], ["GET /v1/things/{id}/parts", "POST /v1/things/{id}"]).rules
    parts, update = rules.values()
    assert parts["properties"] == {"page": {"type": "integer"}}
    assert set(update["properties"]) == {"amount", "mode", "part"}


def test_everything_that_a_release_has_is_derived(small: Path) -> None:
    """All objects, deleted forms and calls of v1; without the API v2, and paths in the percent style."""
    text = (small / "_thing.py").read_text("utf-8")
    more = """
    @classmethod
    def modify_part(cls, thing: str, part: str, **params):
        url = "/v1/things/%s/parts/%s" % (thing, part)
        return cls._static_request("post", url, params=params)
    @classmethod
    def newer(cls, thing: str, **params):
        return cls._static_request("post", "/v2/things", params=params)
class New(StripeObject):
    OBJECT_NAME: ClassVar[Literal["v2.thing"]] = "v2.thing"
"""
    (small / "_thing.py").write_text(text + more, "utf-8")
    (small / "_error_object.py").write_text("class ErrorObject(StripeObject):\n    code: str\n", "utf-8")
    found = derive.derive(small)
    assert sorted(found.objects) == ["deleted_thing", "error", "other", "thing"]
    assert found.objects["thing"]["properties"]["other"]["anyOf"][1] == {"$ref": "other.json"}
    assert sorted(found.rules) == ["GET /v1/things/ping", "POST /v1/things/{thing}"]


@pytest.mark.parametrize(
    ("objects", "endpoints", "message"),
    [
        (["thong"], [], "no object 'thong'; the nearest is 'thing'"),
        ([], ["PUT /v1/things/{thing}"], "no endpoint 'PUT /v1/things/{}'; the nearest is 'POST"),
        (["deleted_other"], [], "other has no deleted stub"),
    ],
    ids=["object", "endpoint", "stub"],
)
def test_unknown_names_are_refused_with_the_nearest(
    small: Path, objects: list[str], endpoints: list[str], message: str
) -> None:
    """What a release doesn't have is a ValueError that says what comes closest."""
    with pytest.raises(ValueError, match=message.replace("{}", r"\{\}")):
        derive.derive(small, objects, endpoints)


def test_folder_without_a_release_is_refused(tmp_path: Path) -> None:
    """A folder that pins no API version is no release."""
    with pytest.raises(ValueError, match="pins no API version"):
        Sdk(tmp_path)


@pytest.mark.parametrize(
    ("version", "folder"),
    [
        ("2019-05-16", "2023-10-16"),
        ("2024-04-10", "2024-04-10"),
        ("2024-06-01", "2024-04-10"),
        ("2025-03-31.basil", "basil"),
        ("2026-10-28.endive", "endive"),
        ("2026-11-25.endive", "endive"),
    ],
)
def test_a_version_belongs_to_its_release(version: str, folder: str) -> None:
    """A month belongs to its named release, an unnamed date to the last release before it."""
    release = release_of(version)
    assert release is not None
    assert release.folder == folder


def test_an_unknown_name_belongs_to_no_release() -> None:
    """There may be such a release, and it has no schemas."""
    assert release_of("2027-03-31.fuchsia") is None


@pytest.mark.parametrize(
    ("version", "full"),
    [
        ("2024-09-30", "2024-09-30.acacia"),
        ("2025-02-24", "2025-02-24.acacia"),
        ("2025-03-31", "2025-03-31.basil"),
        ("2025-08-27", "2025-08-27.basil"),
        ("2026-10-28", "2026-10-28.endive"),
        ("2027-01-01", "2027-01-01.endive"),
    ],
)
def test_a_version_since_acacia_has_its_releases_name(version: str, full: str) -> None:
    """Stripe has none by the date alone; the error says what it is called."""
    assert resources.full_version(version) == full
    with pytest.raises(ValueError, match=f"with its release's name it is '{full}'"):
        release_of(version)


@pytest.mark.parametrize("version", ["2024-09-29", "2024-06-20", "2025-02-24.acacia", "latest", ""])
def test_other_versions_are_whole(version: str) -> None:
    """Those before acacia have no name, and what is no version isn't made one."""
    assert resources.full_version(version) == version


def test_what_is_no_version_is_refused() -> None:
    """A release folder is asked for by an API version only."""
    with pytest.raises(ValueError, match="not a Stripe API version"):
        release_of("latest")
