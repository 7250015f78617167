"""Answers requests: checks the key, finds account, route and version, and saves the answer."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from pytest_stripe_balance.api import api_keys, form, idempotency, parameters, response, routes, versions
from pytest_stripe_balance.api.endpoint import Endpoint
from pytest_stripe_balance.api.ignored import Ignored
from pytest_stripe_balance.api.message import Headers, Request, Response
from pytest_stripe_balance.api.request import Call, VersionRules
from pytest_stripe_balance.api.response import Envelope
from pytest_stripe_balance.engine.money import transfers
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import EXPECTED, Refused


@dataclass
class _Account:
    """One account's world, and the answers saved under its idempotency keys."""

    world: World
    answers: idempotency.SavedAnswers = field(default_factory=idempotency.SavedAnswers)


@dataclass(frozen=True)
class _Connected:
    """Gives a connected account's world; it doesn't keep the dispatch, which keeps the worlds."""

    dispatch: weakref.ref[Dispatch]

    def __call__(self, account: str) -> World:
        dispatch = self.dispatch()
        assert dispatch is not None, "unreachable because a world without its dispatch is asked nothing"
        return dispatch.account(account).world


@dataclass
class Dispatch:
    """Answers requests from worlds, one for each `Stripe-Account`, opened on first use.

    `api_version` is the account's default, for requests without a version. `rules` gives the rules of a
    version. `open_world` opens an account's world, given that of its platform. `ignored` says which
    parameters have no meaning.
    """

    api_version: str
    rules: Callable[[str], VersionRules]
    open_world: Callable[[str | None, World | None], World]
    ignored: Ignored = field(default_factory=Ignored)
    _accounts: dict[str | None, _Account] = field(default_factory=dict)

    def copy(
        self,
        api_version: str,
        open_world: Callable[[str | None, World | None], World],
        copy_world: Callable[[World, World | None], World],
        ignored: Ignored,
    ) -> Dispatch:
        """Give a dispatch whose accounts begin as these are, answers under idempotency keys included."""
        copied = Dispatch(api_version, self.rules, open_world, ignored)
        for name, account in self._accounts.items():
            world = copy_world(account.world, copied.platform_of(name))
            world.connected = _Connected(weakref.ref(copied))
            copied._accounts[name] = _Account(world, account.answers.copy())
        return copied

    def platform_of(self, name: str | None) -> World | None:
        """Give the world of the account that an account is connected to: None for the key's own."""
        return None if name is None else self.account(None).world

    def hold(self, key: str, account: str | None = None) -> AbstractContextManager[None]:
        """Keep an idempotency key in use, as a request in progress does.

        Requests with that key get Stripe's 409 `idempotency_key_in_use`, and their answers aren't saved.
        """
        return self.account(account).answers.hold(key)

    @property
    def worlds(self) -> dict[str | None, World]:
        """The worlds by connected account; None is the API key's own account."""
        return {name: account.world for name, account in self._accounts.items()}

    def answer(self, request: Request) -> Response:
        """Answer one request. Raises Refused if the fake doesn't model it."""
        home = self.account(None).world
        request_id = home.ids.request()
        headers = request.headers
        key, name = headers.get("Idempotency-Key"), headers.get("Stripe-Account")
        try:
            account, endpoint, ids, rules = self._resolved(request, name)
        except Fault as fault:
            envelope = Envelope(request, request_id, key, name, home, self.api_version)
            return response.fail(envelope, fault, executed=False)
        envelope = Envelope(request, request_id, key, name, account.world, rules.api_version)
        return _answer(account.answers, Call(envelope, endpoint, ids, rules, self.ignored))

    def refuse(
        self,
        request: Request,
        fault: Fault,
        *,
        more: Mapping[str, Any] | None = None,
        should_retry: bool = False,
        keeps: bool = False,
        instead_of: Response | None = None,
    ) -> Response:
        """Answer a request by an error, whatever it asks; nothing is executed.

        - `more` are other keys of the error.
        - `should_retry` tells stripe-python to try again.
        - `keeps` saves the answer under the request's idempotency key, unless one is saved there. It
          takes the place of `instead_of`, which the same request got.
        """
        home, headers = self.account(None).world, request.headers
        key, name = headers.get("Idempotency-Key"), headers.get("Stripe-Account")
        try:
            account = self._account_of(request, name)
        except Fault:
            account = self.account(None)
        version = headers.get("Stripe-Version", self.api_version)
        request_id = home.ids.request()
        envelope = Envelope(request, request_id, key, name, account.world, version)
        answer = response.fail(envelope, fault, executed=False, more=more)
        if should_retry:
            answer.headers = Headers({**answer.headers, "Stripe-Should-Retry": "true"})
        if keeps and key and request.method == "POST":
            account.answers.save_first(account.world, key, request, answer, instead_of)
        return answer

    def before_stub(self, request: Request, rule: parameters.Rule | None) -> Response | None:
        """Give what a stub doesn't answer: an error of Stripe's before it acts, or the kept answer."""
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        try:
            api_keys.check(request)
            account = self._account_of(request, request.headers.get("Stripe-Account"))
            self._version(request)
            if rule is not None:
                parameters.read(form.decode(request.encoded), rule)
            saved = account.answers.replay(account.world, key, request) if key else None
        except Fault as fault:
            return self.refuse(request, fault)
        return None if saved is None else idempotency.replayed(saved, account.world.ids.request())

    def after_stub(self, request: Request, call: str, status: int, body: dict[str, Any]) -> Response:
        """Give the answer of a stub of a call, and save it under the request's idempotency key."""
        home, headers = self.account(None).world, request.headers
        key, name = headers.get("Idempotency-Key"), headers.get("Stripe-Account")
        account = self._account_of(request, name)
        version = headers.get("Stripe-Version", self.api_version)
        envelope = Envelope(request, home.ids.request(), key, name, account.world, version)
        answer = response.succeed(envelope, body, status)
        answer.stub = call
        if key and request.method == "POST":
            account.answers.save(account.world, key, request, answer)
        return answer

    def _resolved(
        self, request: Request, name: str | None
    ) -> tuple[_Account, Endpoint, tuple[str, ...], VersionRules]:
        """Find a request's account, endpoint, the ids in its path, and its version's rules."""
        api_keys.check(request)
        account = self._account_of(request, name)
        found = routes.match(request.method, request.path)
        if found is None:
            raise _unmodelled(request)
        return account, *found, self.rules(self._version(request))

    def account(self, name: str | None) -> _Account:
        """Give an account's world and answers, opening them on first use."""
        if name not in self._accounts:
            world = self.open_world(name, self.platform_of(name))
            world.connected = _Connected(weakref.ref(self))
            self._accounts[name] = _Account(world)
        return self._accounts[name]

    def _account_of(self, request: Request, name: str | None) -> _Account:
        if name is not None and not transfers.can_be_account(name):
            message = (
                f"The provided key '{api_keys.masked(api_keys.key_of(request))}' does not have access "
                f"to account '{name}' (or that account does not exist). Application access may have "
                "been revoked."
            )
            raise Fault(
                message,
                status=403,
                code="account_invalid",
                has_request_id=False,
                assumption="account-invalid",
            )
        return self.account(name)

    def _version(self, request: Request) -> str:
        if request.headers.get("Stripe-Context") is not None:
            raise Refused(f"{request}: the header Stripe-Context is not modelled; Stripe-Account is")
        version = request.headers.get("Stripe-Version", self.api_version)
        if ";" in version:
            self.account(None).world.readings.rely_on("beta-versions")
        if version != self.api_version:  # the default is checked with the settings
            try:
                versions.check(version)
            except Refused as refusal:
                refusal.message = f"{request}: {refusal.message}. Set another by "
                refusal.message += "`stripe.api_version`, or by `stripe_version=` of a client or a call"
                raise
        return version


def _answer(answers: idempotency.SavedAnswers, call: Call) -> Response:
    """Answer from the saved answers, or run the verb and save its answer under the key."""
    request, request_id, key, _, world, _ = call.envelope
    key = key if request.method == "POST" else None
    try:
        params = call.read()
        saved = answers.replay(world, key, request) if key else None
    except Fault as fault:
        return call.refuse(fault)
    if saved is not None:
        return idempotency.replayed(saved, request_id)
    try:
        answer = call.execute(params)
    except Fault as fault:
        return response.fail(call.envelope, fault, executed=False)
    if key:
        answers.save(world, key, request, answer)
    return answer


def _unmodelled(request: Request) -> Refused:
    return Refused(
        f"{request}: the fake does not model this endpoint. `python -m pytest_stripe_balance calls` "
        f"lists the endpoints that it models. Replace this call in the test, or {EXPECTED}. This line "
        f'of the test answers it:\n    stripe_stubs.answer("{request}", {{}})'
    )
