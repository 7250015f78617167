"""Stubs: what a test has said that a call answers which the fake doesn't model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_stripe_balance.contract.answer_objects import AnswerObject, answer_object
from pytest_stripe_balance.contract.completion import complete
from pytest_stripe_balance.contract.contract import contract

if TYPE_CHECKING:
    from pytest_stripe_balance.api.call_pattern import CallPattern
    from pytest_stripe_balance.api.message import Request
    from pytest_stripe_balance.engine.state.faults import Fault

Json = Any
_NOTHING: Mapping[str, Json] = {}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Answer(NamedTuple):
    """What a stub answers: an object, as far as it was given, or an error of Stripe's.

    `more` are other keys of the error.
    """

    status: int
    body: Mapping[str, Json]
    error: Fault | None = None
    more: Mapping[str, Json] = _NOTHING


@dataclass(eq=False)
class Stub:
    """What one call answers.

    - `call` is method and path, as "POST /v1/payouts".
    - `requests` are those that it has answered, and `called` is how many.
    """

    pattern: CallPattern
    answer: Callable[[Request, dict[str, str]], Answer]
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
        names = _PLACEHOLDER.findall(self.pattern.path)
        parts = map(re.escape, _PLACEHOLDER.split(self.pattern.path)[::2])
        found = re.fullmatch("([^/]+)".join(parts), request.path)
        return dict(zip(names, found.groups() if found else (), strict=False))


class Stubs:
    """The stubs of one test, in the order in which they were made."""

    def __init__(self, stubs: Iterable[Stub] = ()) -> None:
        self._stubs = list(stubs)

    def add(self, stub: Stub) -> Stub:
        """Add a stub."""
        self._stubs.append(stub)
        return stub

    def find(self, request: Request) -> Stub | None:
        """Give the stub that a request comes to, one of a literal path first; None if none is left."""
        key = request.idempotency_key
        fitting = [one for one in self._stubs if one.pattern.is_of(request)]
        for stub in fitting:
            if key is not None and any(key == before.idempotency_key for before in stub.requests):
                return stub  # it has answered this key
        fitting = [one for one in fitting if not one.is_over]
        return min(fitting, key=lambda one: one.pattern.is_template, default=None)

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


def rule_name(stub: Stub, endpoints: Iterable[str]) -> str:
    """Name a stub's call as the parameter rules do."""
    for endpoint in endpoints:
        method, _, path = endpoint.partition(" ")
        parts = map(re.escape, _PLACEHOLDER.split(path)[::2])
        bare = _PLACEHOLDER.sub("x", stub.pattern.path)
        if method == stub.pattern.method and re.fullmatch("[^/]+".join(parts), bare):
            return endpoint
    return stub.call


@dataclass(frozen=True)
class Completion:
    """What an answer is completed with: the API version, what makes ids, and the world's time."""

    api_version: str
    new_id: Callable[[str], str]
    now: int

    def completed(self, call: str, ids: Mapping[str, str], given: Mapping[str, Json]) -> dict[str, Json]:
        """Complete the answer of a call by defaults of its type, and hold it to its schema.

        `ids` are those in the path. ValueError for an answer that Stripe can't give.
        """
        if not isinstance(given, Mapping):
            message = f"an answer is a dict, not {type(given).__name__}"
            raise ValueError(message)  # noqa: TRY004 - as every wrong answer
        about = answer_object(call, contract(self.api_version).objects)
        if about is None and "object" not in given:
            raise ValueError(f"which object {call} answers with isn't known: give its key 'object'")
        name, within = about or AnswerObject(str(given["object"]))
        if within:
            data = [self._filled(name, one) for one in given.get("data", ())]
            path = _PLACEHOLDER.sub(lambda found: ids.get(found[1], found[0]), call.partition(" ")[2])
            return self._filled(within, {"url": path, "has_more": False, **given, "data": data})
        own: dict[str, Json] = {"id": [*ids.values()][-1]} if ids else {}
        own |= {"deleted": True} if call.startswith("DELETE ") else {}
        return self._filled(str(given.get("object", name)), {**own, **given})

    def _filled(self, name: str, given: Mapping[str, Json]) -> dict[str, Json]:
        found = complete(name, given, self.api_version, new_id=self.new_id, created=self.now)
        if found.wrong:
            raise ValueError("; ".join(map(str, found.wrong)))
        return found.document
