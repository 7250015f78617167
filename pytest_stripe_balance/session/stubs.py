"""Stubs: what a test has said that a call answers which the fake doesn't model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_stripe_balance.api import form, parameters
from pytest_stripe_balance.api.endpoint import path_pattern
from pytest_stripe_balance.contract.answer_objects import AnswerObject, answer_object
from pytest_stripe_balance.contract.completion import complete
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.refused import EXPECTED, Refused
from pytest_stripe_balance.session.faults import error_effect

if TYPE_CHECKING:
    from pytest_stripe_balance.api.call_pattern import CallPattern
    from pytest_stripe_balance.api.message import Request
    from pytest_stripe_balance.engine.state.faults import Fault

Json = Any
_NOTHING: Mapping[str, Json] = {}
_SUCCESSES = range(200, 300)
_PAIR = 2
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class Answer(NamedTuple):
    """What a stub answers: an object, as far as it was given, or an error of Stripe's.

    `more` are other keys of the error.
    """

    status: int
    body: Mapping[str, Json]
    error: Fault | None = None
    more: Mapping[str, Json] = _NOTHING


def read_answer(made: Json, api_version: str) -> Answer:
    """Read what a stub gave: an `Answer`, a dict, or a status and a dict; an error's is {"error": {}}.

    ValueError for anything else, and for an error that Stripe can't answer.
    """
    if isinstance(made, Answer):
        return made
    status, body = made if isinstance(made, tuple) and len(made) == _PAIR else (200, made)
    if isinstance(body, Mapping) and body.keys() == {"error"} and isinstance(body["error"], Mapping):
        return error_answer(api_version, status, **body["error"])
    if type(status) is int and status in _SUCCESSES and isinstance(body, Mapping):
        return Answer(status, body)
    message = "an answer is a dict, or a status and a dict; of a status from 400 to 599 "
    raise ValueError(f'{message}{{"error": {{...}}}}; not {shown(repr(made))}')


def error_answer(
    api_version: str,
    status: int,
    type: str = "invalid_request_error",  # noqa: A002 - Stripe's own name for it
    code: str | None = None,
    param: str | None = None,
    message: str = "",
    **more: Json,
) -> Answer:
    """Make one of Stripe's errors; ValueError for one that it can't be."""
    effect = error_effect(
        api_version, status=status, type=type, code=code, param=param, message=message, more=more
    )
    assert effect.error is not None, "unreachable because it is an error's"
    return Answer(status, {}, effect.error(""), more)


@dataclass(eq=False)
class Stub:
    """What one call answers.

    - `call` is method and path, as "POST /v1/payouts".
    - `answer` gives what `read_answer` reads; None where the world's memory answers.
    - `requests` are those that it has answered, and `called` is how many.
    """

    pattern: CallPattern
    answer: Callable[[Request, dict[str, str]], Json] | None
    where: str
    times: int | None = 1
    is_optional: bool = False
    requests: list[Request] = field(default_factory=list)

    @property
    def call(self) -> str:
        """Method and path, as the test has named them."""
        return str(self.pattern)

    @property
    def called(self) -> int:
        """How many requests it has answered."""
        return len(self.requests)

    @property
    def is_over(self) -> bool:
        """Whether it has answered as often as it was to."""
        return self.times is not None and self.called >= self.times

    def ids(self, request: Request) -> dict[str, str]:
        """Give the ids in a request's path by the names of this stub's placeholders."""
        found = ids_in(self.call, request.path)
        return {name: found[name] for name in found if name}


class Stubs:
    """The stubs of one test, in the order in which they were made."""

    def __init__(self, stubs: Iterable[Stub] = ()) -> None:
        self._stubs = list(stubs)

    def add(self, stub: Stub) -> Stub:
        """Add a stub."""
        self._stubs.append(stub)
        return stub

    def find(self, request: Request) -> Stub | None:
        """Give the stub that a request comes to; None if there is none.

        One of a literal path goes first, and what is remembered last. Refused where each has answered as
        often as it was to.
        """
        key = request.idempotency_key
        fitting = [one for one in self._stubs if one.pattern.is_of(request)]
        for stub in fitting:
            if key is not None and any(key == before.idempotency_key for before in stub.requests):
                return stub  # it has answered this key
        left = [one for one in fitting if not one.is_over]
        if fitting and not left:
            message = f"its stub ({fitting[-1].where}) has answered as often as it was to. "
            raise Refused(f"{request}: {message}Give it `times=` or `reusable=True`, or {EXPECTED}")
        return min(left, key=lambda one: (one.answer is None, one.pattern.is_template), default=None)

    def for_a_copy(self) -> Stubs:
        """Give the same stubs for a world that begins as this one."""
        return Stubs([replace(stub, requests=[]) for stub in self._stubs])

    @property
    def called(self) -> int:
        """How many requests they have answered."""
        return sum(stub.called for stub in self._stubs)

    @property
    def unmet(self) -> str:
        """The stubs that were never called, each with the line that made it; "" for none."""
        lines = [
            f"{stub.call}: no request of the test has come to its stub ({stub.where})"
            for stub in self._stubs
            if not (stub.called or stub.is_optional)
        ]
        return "\n".join(lines)


def ids_in(call: str, path: str) -> dict[str, str]:
    """Give the ids in a path by the names of a call's placeholders; {} for another call's path."""
    template = call.partition(" ")[2]
    parts = map(re.escape, _PLACEHOLDER.split(template)[::2])
    found = re.fullmatch("([^/]+)".join(parts), path)
    return dict(zip(_PLACEHOLDER.findall(template), found.groups() if found else (), strict=False))


def rule_name(stub: Stub, endpoints: Iterable[str]) -> str:
    """Name a stub's call as the parameter rules do: of two that fit, the one with fewer placeholders."""
    bare = _PLACEHOLDER.sub("x", stub.pattern.path)
    fitting = [
        endpoint
        for endpoint in endpoints
        if endpoint.startswith(f"{stub.pattern.method} ") and _fits(endpoint, bare)
    ]
    return min(fitting, key=lambda one: one.count("{"), default=stub.call)


def typed(request: Request, rule: parameters.Rule | None) -> Mapping[str, Json]:
    """Give a POST's parameters by their rule, which has accepted them; {} for other methods."""
    if rule is None or request.method != "POST":
        return {}
    return parameters.read(form.decode(request.encoded), rule)


def _fits(call: str, path: str) -> bool:
    return path_pattern(call.partition(" ")[2]).fullmatch(path) is not None


@dataclass(frozen=True)
class Completion:
    """What an answer is completed with: the API version, what makes ids, and the world's time."""

    api_version: str
    new_id: Callable[[str], str]
    now: int

    def completed(
        self,
        call: str,
        ids: Mapping[str, str],
        given: Mapping[str, Json],
        sent: Mapping[str, Json] = _NOTHING,
    ) -> dict[str, Json]:
        """Complete an answer, first by what was sent, then by its type, and hold it to its schema.

        `ids` are those in the path, and `sent` the typed parameters. ValueError for an answer that
        Stripe can't give.
        """
        about = answer_object(call, contract(self.api_version).objects)
        if about is None and "object" not in given:
            raise ValueError(f"which object {call} answers with isn't known: give its key 'object'")
        name, within = about or AnswerObject(str(given["object"]))
        if within:
            unknown = given.keys() - contract(self.api_version).schema(within)["properties"].keys()
            if unknown:
                message = f"{call} answers a list, which has no key {min(unknown)!r}; give "
                raise ValueError(f'{message}{{"data": [{{...}}]}}')
            data = [self._filled(name, one) for one in given.get("data", ())]
            path = _PLACEHOLDER.sub(lambda found: ids.get(found[1], found[0]), call.partition(" ")[2])
            return self._filled(within, {"url": path, "has_more": False, **given, "data": data})
        kind, own = str(given.get("object", name)), self._of_path(call, ids, name)
        if call.startswith("DELETE "):
            deleted = (
                {"deleted": True} if f"deleted_{kind}" in contract(self.api_version).objects else {}
            )
            own = {key: value for key, value in own.items() if key == "id"}
            return self._filled(kind, {**own, **deleted, **given})
        return self._filled(kind, {**self.shown(kind, {**own, **sent}), **given})

    def _of_path(self, call: str, ids: Mapping[str, str], name: str) -> dict[str, Json]:
        """Give the last id in the path: the object's own, or by the name of the object above it."""
        whose = call.rpartition("}")[0].partition(" ")[2] + "}"
        above = answer_object(f"GET {whose}", contract(self.api_version).objects) if ids else None
        if above is None:
            return {}
        return {"id" if above.name == name else above.name: [*ids.values()][-1]}

    def shown(self, name: str, sent: Mapping[str, Json]) -> dict[str, Json]:
        """Give the parameters that the object has a key for, and whose type takes the value."""
        rules = contract(self.api_version)
        known = rules.schema(name)["properties"] if name in rules.objects else {}
        shown: dict[str, Json] = {}
        for key, value in ((key, _plain(sent[key])) for key in sent if key in known and key != "object"):
            found = complete(name, {key: value}, self.api_version, new_id=_no_id, created=self.now)
            if not rules.check(found.document, name):
                shown[key] = value
        return shown

    def _filled(self, name: str, given: Mapping[str, Json]) -> dict[str, Json]:
        found = complete(name, given, self.api_version, new_id=self.new_id, created=self.now)
        if found.wrong:
            raise ValueError("; ".join(map(str, found.wrong)))
        return found.document


def _no_id(start: str) -> str:
    return f"{start}_1"


def _plain(value: Json) -> Json:
    """Give a typed parameter as JSON has it."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value
