"""Idempotency keys: a repeated request gets the first executed answer (docs/stripe.md 6.3, 5.8).

gburgyan/aat-stripe checks two things every night (plans/idempotency, at 2026-08-26.dahlia): the headers
of a replay, and the error for a key that is used again with another request or endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pytest_stripe_balance.api.form import decode
from pytest_stripe_balance.api.message import Headers, Request, Response
from pytest_stripe_balance.engine.state.determinism import DAY
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.sharing import DictOver, own_dict
from pytest_stripe_balance.engine.state.world import World

SAVED_SECONDS = DAY
MAX_LENGTH = 255


@dataclass(frozen=True, slots=True)
class _SavedAnswer:
    request: Request
    response: Response
    at: int

    def is_of(self, request: Request) -> bool:
        """Tell whether a request has the same path and parameters, in any order."""
        first = self.request
        return first.path == request.path and decode(first.encoded) == decode(request.encoded)


@dataclass
class SavedAnswers:
    """The answers by idempotency key, saved for 24 hours of the world's clock."""

    _saved: dict[str, _SavedAnswer] | DictOver[str, _SavedAnswer] = field(default_factory=dict)
    _in_use: set[str] = field(default_factory=set)
    _is_shared: bool = False

    def copy(self) -> SavedAnswers:
        """Give answers that begin as these are; neither sees what is saved in the other later."""
        self._is_shared = True
        return SavedAnswers(self._saved, self._in_use.copy(), _is_shared=True)

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Keep a key in use while the context is open."""
        self._in_use.add(key)
        try:
            yield
        finally:
            self._in_use.discard(key)

    def replay(self, world: World, key: str, request: Request) -> Response | None:
        """Give the saved answer of a key that is used again, or None.

        A Fault if the request differs from the first (400), or if the key is in use (409).
        """
        if len(key) > MAX_LENGTH:
            message = f"Idempotency keys can be at most {MAX_LENGTH} characters long."
            raise Fault(message, type="idempotency_error", assumption="idempotency-key-length")
        if key in self._in_use:
            raise key_in_use(key)
        saved = self._saved.get(key)
        if saved is None or world.clock.now - saved.at >= SAVED_SECONDS:
            return None
        if not saved.is_of(request):
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a "
                "different request."
            )
            raise Fault(message, type="idempotency_error")
        return saved.response

    def save(self, world: World, key: str, request: Request, response: Response) -> None:
        """Save an executed answer, which may be an error."""
        if self._is_shared:
            self._saved, self._is_shared = own_dict(self._saved), False
        self._saved[key] = _SavedAnswer(request, response, world.clock.now)

    def save_first(
        self, world: World, key: str, request: Request, response: Response, instead_of: Response | None
    ) -> None:
        """Save an answer unless the key has one. It takes the place of `instead_of`."""
        saved = self._saved.get(key)
        is_free = saved is None or world.clock.now - saved.at >= SAVED_SECONDS
        if is_free or (saved is not None and saved.response is instead_of):
            self.save(world, key, request, response)


def key_in_use(key: str) -> Fault:
    """Make the fault for a key whose first request isn't finished (docs/stripe.md 5.8)."""
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means "
        f"you submitted twice, and the other request is still going through): {key}. Please try again "
        "later."
    )
    return Fault(
        message,
        status=409,
        type="idempotency_error",
        code="idempotency_key_in_use",
        assumption="idempotency-key-in-use",
    )


def replayed(response: Response, request_id: str) -> Response:
    """Give a saved answer as a replay, with its own request id and the header Idempotent-Replayed."""
    headers = {**response.headers, "Request-Id": request_id, "Idempotent-Replayed": "true"}
    return Response(response.status, Headers(headers), response.body, response.stub)
