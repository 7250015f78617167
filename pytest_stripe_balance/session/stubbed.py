"""How a stub answers a call, in a fake's turn."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.stubs import Completion, ids_in, read_answer, rule_name, typed

if TYPE_CHECKING:
    from pytest_stripe_balance.api.message import Failure, Request, Response
    from pytest_stripe_balance.session.fake import Fake
    from pytest_stripe_balance.session.stubs import Stub


class StubbedCall(NamedTuple):
    """A request that may be a stub's to answer."""

    fake: Fake
    request: Request

    def answer(self) -> Response | Failure | None:
        """Let a stub answer; None where none is for the request.

        A function of the test's runs outside of the turn: it may ask Stripe.
        """
        fake, request = self
        with fake.turn(str(request)):
            stub = fake.stubs.find(request)
            if stub is None:
                return None
            api_keys.refuse_live(request, anywhere=False)
            fake.touch()
            effect = fake.met(request)
            if effect is not None and not effect.acted:
                return fake.failing(effect, request, None)
            shapes = contract(self._version)
            answer = fake.dispatch.before_stub(request, shapes.rule(rule_name(stub, shapes.endpoints)))
            if answer is None:
                stub.requests.append(request)
        if answer is None:
            answer = self._made_by(stub)
        return answer if effect is None else fake.failing(effect, request, answer)

    @property
    def _version(self) -> str:
        return self.request.headers.api_version or self.fake.settings.api_version

    def _made_by(self, stub: Stub) -> Response:
        request = self.request
        given = None if stub.answer is None else self._given_by(stub, stub.ids(request))
        with self.fake.turn(str(request)):
            try:
                return self._completed(stub, given)
            except ValueError as error:
                raise Refused(f"{request}: its stub ({stub.where}): {error}") from None

    def _completed(self, stub: Stub, given: object) -> Response:
        """Complete what a stub answers; ValueError where Stripe can't give it."""
        (fake, request), version = self, self._version
        world = fake.world_of(request.headers.get("Stripe-Account"))
        completion = Completion(version, lambda start: world.ids.mint(f"{start}_", 24), world.clock.now)
        if stub.answer is None:
            fake.touch()
            made = fake.memory.answer(stub, request, completion)
        else:
            made = read_answer(given, version)
        if made.error is not None:
            answer = fake.dispatch.refuse(request, made.error, more=made.more)
            answer.stub = stub.call
            return answer
        call = rule_name(stub, contract(version).endpoints)
        ids = ids_in(call, request.path)
        sent = {} if stub.answer is None else typed(request, contract(version).rule(call))
        body = completion.completed(call, ids, made.body, sent)
        return fake.dispatch.after_stub(request, stub.call, made.status, body)

    def _given_by(self, stub: Stub, ids: dict[str, str]) -> object:
        """Ask a stub; its key is in use meanwhile. stripe-python's errors pass, any other is refused.

        An app that catches what it doesn't know would hide a mistake in the stub.
        """
        assert stub.answer is not None, "unreachable because the memory answers then"
        fake, request = self
        key, account = request.idempotency_key, request.headers.get("Stripe-Account")
        held = fake.dispatch.hold(key, account) if key and request.method == "POST" else nullcontext()
        try:
            with held:
                return stub.answer(request, ids)
        except Exception as error:
            if any(one.__module__.startswith("stripe.") for one in type(error).__mro__):
                raise
            message = f"{request}: its stub ({stub.where}) raised {type(error).__name__}: {error}"
            raise fake.refuse(message) from error
