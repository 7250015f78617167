"""What the fixture `stripe_contract` hands over: payloads held to their documented shape."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import stripe

from pytest_stripe_balance.contract.checker import kind_of, opened, unknown_in, why_unchecked
from pytest_stripe_balance.contract.contract import Read, read, version_of
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.transport.clients import as_hash

if TYPE_CHECKING:
    from pytest_stripe_balance.contract.checker import Watch
    from pytest_stripe_balance.contract.findings import Finding


class StripeContract:
    """Holds Stripe's JSON to the documented shape of its API version."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def check(
        self,
        document: stripe.StripeObject | Mapping[str, Any] | str | bytes,
        object: str | None = None,  # noqa: A002 - Stripe's own name for it
        api_version: str | None = None,
    ) -> list[Finding]:
        """Check an SDK object, a dict, or JSON text; give the findings below the level error.

        An event in the envelope of Amazon EventBridge or Azure Event Grid is taken out of it.

        `object` names its kind where it has no `object` key; `api_version` is an event's own, or the
        account's, unless it is given. AssertionError with every finding at level error; ValueError
        for what isn't JSON, or has no schema. Warnings tell what inside it has none.
        """
        __tracebackhide__ = True
        try:
            text = (
                document if isinstance(document, str | bytes) else json.dumps(document, default=_plain)
            )
            given = read(text)
        except RecursionError as error:
            raise ValueError(why_unchecked(error)) from None
        except (TypeError, ValueError) as error:
            message = f"stripe_contract.check: the payload can't be read as JSON: {error}; give JSON "
            raise ValueError(message + "text as it was sent, a dict or an SDK object") from error
        inside, key = opened(given.document)
        given = Read(inside, given.with_floats) if key else given
        before = len(self._watch.noted)
        if api_version is None:
            api_version = version_of(given.document)
        elif not isinstance(api_version, str):
            told = shown(repr(api_version))
            raise ValueError(f"api_version={told} is none: they are texts, as '2026-10-28.endive'")
        self._refuse_unknown(given.document, object, api_version)
        errors = self._watch.over(given, "stripe_contract", object=object, api_version=api_version)
        if errors:
            del self._watch.noted[before:]  # of a document that isn't what it should be, this is enough
            told = "\n".join(map(str, errors))
            raise AssertionError(f"this does not have the documented shape:\n{told}")
        return [finding for _, _, finding in self._watch.noted[before:]]

    def _refuse_unknown(self, document: Any, name: str | None, api_version: str | None) -> None:  # noqa: ANN401 - any JSON
        """Tell what would pass because nothing of it has a schema."""
        known = self._watch.objects(api_version)
        if name is not None and not isinstance(document, dict):
            kind = type(document).__name__
            told = shown(repr(name))
            raise ValueError(f"object={told} names the kind of a hash, and this is a {kind}")
        given = document if name is None and isinstance(document, list) else [document]
        kinds = [name or kind_of(one) for one in given]
        if not any(kind in known for kind in kinds):
            listed = ", ".join(sorted(known))
            told = f"its object is {shown(repr(kinds[0]))}" if kinds else "it is an empty list"
            told += "; object= names its kind" if set(kinds) == {None} else ""
            message = f"nothing here can be checked: {told}; there are schemas for {listed}"
            raise ValueError(message)
        unchecked = ["no Stripe object"] if None in kinds else []
        unchecked += [reason for one in given for reason in unknown_in(one, known)]
        for reason in dict.fromkeys(unchecked):
            warnings.warn(f"not all of it was checked: one is {reason}", stacklevel=3)


def _plain(value: object) -> object:
    """Make an SDK object, or a part of one, plain JSON."""
    if isinstance(value, stripe.StripeObject):
        return as_hash(value)
    if isinstance(value, Decimal):  # as stripe-python reads the string of a *_decimal
        return str(value)
    message = f"{type(value).__name__} is not JSON"
    raise TypeError(message)
