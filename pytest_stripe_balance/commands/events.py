"""The command `events`: writes the events of a scenario, for suites in any language."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from pytest_stripe_balance.commands.event_folder import write_folder
from pytest_stripe_balance.commands.scenarios import SCENARIOS
from pytest_stripe_balance.fixtures.fake_stripe import fake_stripe
from pytest_stripe_balance.modes import LIVE_KEYS, TEST_KEYS
from pytest_stripe_balance.session import check_version, newest_api_version
from pytest_stripe_balance.session.moments import seconds_of
from pytest_stripe_balance.webhooks import signature

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
_NARROW = 22


@dataclass(frozen=True)
class EventsQuestion:
    """The arguments of `events`.

    - `scenario`: its name; None to list all.
    - `out`: the folder to write to; None for standard output.
    - `secret`: an endpoint's signing secret; None for no signatures.
    - `at`: when the signatures say that they were made, as people write moments; None for now.
    - `api_version`: that of the endpoint; None for the newest.
    """

    scenario: str | None = None
    out: str | None = None
    secret: str | None = None
    at: str | None = None
    api_version: str | None = None


class SignedEvent(NamedTuple):
    """An event as an endpoint gets it: the body's bytes, and the header; "" without a secret."""

    type: str
    body: bytes
    signature: str


def events(question: EventsQuestion) -> str:
    """Play a scenario; write its events to files, and give their paths; or give them as JSON lines.

    Without a scenario all are listed. A line is an event; with a secret it has the keys `payload`, which
    is the text that was signed, and `signature`. ValueError if an argument makes no sense; OSError if a
    file can't be written.
    """
    if question.scenario is None:
        if question != EventsQuestion():
            raise ValueError(f"name a scenario: {', '.join(SCENARIOS)}")
        return _listing()
    if question.out == "":
        raise ValueError("--out is empty; name a folder that is new or empty")
    signed = list(_signed(question, question.scenario))
    if question.out is None:
        return "\n".join(map(_as_line, signed))
    files: dict[str, bytes] = {}
    for number, event in enumerate(signed, 1):
        name = f"{number:02}-{event.type}"
        files[f"{name}.json"] = event.body
        if event.signature:
            files[f"{name}.sig"] = event.signature.encode()
    folder = Path(question.out)
    write_folder(folder, files)
    return "\n".join(str(folder / name) for name in files if name.endswith(".json"))


def _listing() -> str:
    """Write a line for each scenario: its name, and what happens."""
    return "\n".join(f"{name:<{_NARROW}}  {what.__doc__}" for name, what in SCENARIOS.items())


def _signed(question: EventsQuestion, scenario: str) -> Iterator[SignedEvent]:
    at = _moment(question)
    _check_secret(question.secret)
    for event in _played(scenario, question.api_version or newest_api_version()):
        body = json.dumps(event, indent=2, ensure_ascii=False).encode()
        header = signature.header(body, [question.secret], at) if question.secret else ""
        yield SignedEvent(event["type"], body, header)


def _as_line(event: SignedEvent) -> str:
    if not event.signature:
        return json.dumps(json.loads(event.body))
    return json.dumps({"payload": event.body.decode(), "signature": event.signature})


def _played(name: str, api_version: str) -> list[Json]:
    """Give the events of a scenario, oldest first, as they are while one endpoint gets them."""
    scenario = SCENARIOS.get(name)
    if scenario is None:
        nearest = difflib.get_close_matches(name, SCENARIOS, n=1, cutoff=0)
        message = f"there is no scenario {name!r}; nearest: {', '.join(nearest)}. "
        raise ValueError(message + "Without a name all are listed")
    check_version(api_version, "--api-version")
    with fake_stripe(seed=name, api_version=api_version) as stripe_balance:
        scenario(stripe_balance)
        answer = stripe_balance.client.raw_request("get", "/v1/events", limit=100)
    return [_delivered(event) for event in reversed(json.loads(answer.body)["data"])]


def _delivered(event: Json) -> Json:
    """Give an event as its delivery has it (docs/stripe.md 1.10): the endpoint hasn't acknowledged it.

    stripe-python made its idempotency key by chance; the one here follows from the request.
    """
    request = event["request"]
    if request["idempotency_key"] is not None:
        request = {**request, "idempotency_key": str(uuid5(NAMESPACE_URL, request["id"]))}
    return {**event, "pending_webhooks": 1, "request": request}


def _moment(question: EventsQuestion) -> int | None:
    if question.at is None:
        return None
    if question.secret is None:
        raise ValueError("--at is the time of signatures, and without --secret there are none")
    try:
        return seconds_of(question.at)
    except ValueError as error:
        raise ValueError(f"--at: {error}") from None


def _check_secret(secret: str | None) -> None:
    """Refuse what no endpoint has for a secret; ValueError doesn't repeat it."""
    if secret is None:
        return
    way_out = "; give the endpoint's signing secret, as whsec_test"
    if not secret:
        raise ValueError("--secret is empty" + way_out)
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ValueError("--secret has characters that no signing secret has" + way_out)
    if secret.startswith((*TEST_KEYS, *LIVE_KEYS)):
        raise ValueError("--secret is an API key" + way_out)
