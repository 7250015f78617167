"""Which release of Stripe's API an API version belongs to, and what stripe-python's releases pin."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_stripe_balance import resources
from pytest_stripe_balance.resources import Release

_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([a-z]+))?")
_STABLE = re.compile(r"\d+\.\d+\.\d+")


def release_of(version: str) -> Release | None:
    """Find the release whose schemas an API version is checked against; None for an unknown name.

    - "2025-03-31.basil" belongs to basil: the months of a named release only add to it.
    - A date without a name belongs to the last release that isn't newer, or to the first.

    ValueError for what isn't an API version. Since acacia a date without its release's name isn't one.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        newest = resources.newest_api_version()
        raise ValueError(f"not a Stripe API version, as {newest!r} is: {version!r}")
    if (full := resources.full_version(version)) != version:
        message = f"not a Stripe API version: {version!r}; with its release's name it is {full!r}"
        raise ValueError(message)
    date, name = match.groups()
    releases = resources.releases()
    if name is not None:
        return next((release for release in releases if release.folder == name), None)
    earlier = [release for release in releases if release.began <= date]
    return earlier[-1] if earlier else releases[0]


def pinned_release(api_version: str, sdk: str) -> Release:
    """Return the row of `schemas/releases.json` for a stripe-python and the version that it pins.

    A later month of a known release moves its row on. A new name makes a new row, which begins with the
    month that is pinned. ValueError for a preview, and for less than the row has already.
    """
    if not _STABLE.fullmatch(sdk):
        raise ValueError(
            f"stripe {sdk} isn't a stable release; install one: pip install --upgrade stripe"
        )
    known = release_of(api_version)
    if known is None:
        date, name = api_version.split(".")
        return Release(name, date, api_version, sdk)
    if (api_version, _numbers(sdk)) < (known.api_version, _numbers(known.sdk)):
        raise ValueError(
            f"stripe {sdk} pins {api_version}, and schemas/ has {known.folder} from stripe {known.sdk}, "
            f"which pins {known.api_version}. Upgrade it (pip install --upgrade stripe), or derive each "
            "release from its own stripe-python: derive --all"
        )
    return known._replace(api_version=api_version, sdk=sdk)


def _numbers(sdk: str) -> list[int]:
    return [int(number) for number in sdk.split(".")]


def answers_since(version: str) -> str:
    """Return the first day of answers at a release; "" for the first, which all older versions use."""
    release = release_of(version)
    if release is None:
        return version[:10]
    return "" if release == resources.releases()[0] else release.began


# Of these objects Stripe's OpenAPI documents told which keys came when, before the first release too
# (schemas/calendar.json). Of others nobody knows what they lacked, nor of invoices before they were
# renewed: 2019-03-14 renamed `date` to `created`, and recordings of 2016 lack more [doc] [obs].
_DATED = frozenset(
    {
        "balance",
        "balance_transaction",
        "cash_balance",
        "charge",
        "customer",
        "customer_cash_balance_transaction",
        "error",
        "event",
        "funding_instructions",
        "invoice",
        "invoiceitem",
        "list",
        "payment_intent",
        "payment_method",
        "refund",
        "search_result",
        "webhook_endpoint",
    }
)


_RENEWED = {"invoice": "2019-03-14"}


def lacks_unknown_keys(name: str, version: str) -> bool:
    """Say whether an object may lack keys at an API version older than all releases, unknown which."""
    if name in _DATED:
        return version[:10] < _RENEWED.get(name, "")
    return version[:10] < resources.releases()[0].began


def _list_of(name: str) -> dict[str, Any]:
    """Give the schema of a list of an object, as the files have it."""
    items = {"$ref": f"{name}.json"}
    return {"allOf": [{"$ref": "list.json"}], "properties": {"data": {"items": items}}}


# Keys that older API versions had, and that the oldest schema lacks or types otherwise:
# (before a date, object, keys).
_OLDER: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    # 2022-11-15 took both away, the second but on request (docs/stripe.md 6.10).
    ("2022-11-15", "payment_intent", {"charges": _list_of("charge")}),
    ("2022-11-15", "charge", {"refunds": _list_of("refund")}),
    # The intent of a Checkout Session expires with it; documented since basil [sdk].
    ("2022-08-01", "payment_intent", {"cancellation_reason": {"type": ["null", "string"]}}),
    # 2022-08-01 took it away (docs/stripe.md 6.10).
    ("2022-08-01", "customer", {"default_currency": {"type": ["null", "string"]}}),
    # 2022-08-01 renamed the first to shipping_details, and moved the second to shipping_cost [doc].
    (
        "2022-08-01",
        "checkout.session",
        {
            "shipping": {"type": ["null", "object"]},
            "shipping_rate": {
                "type": ["null", "object", "string"],
                "x-stripe-expandable": ["shipping_rate"],
            },
        },
    ),
    # Until 2017-05-25 the request was its id alone [doc].
    ("2017-05-25", "event", {"request": {"type": ["null", "object", "string"]}}),
    # Null in all nine recordings of 2016-03-07 to 2017-06-05; a number from 2019-08-14 on [obs].
    ("2019-08-14", "invoiceitem", {"quantity": {"type": ["integer", "null"]}}),
)
# Values of parameters that older API versions took: (before a date, endpoint, parameter, values).
_OLDER_VALUES = (
    # docs/stripe.md 6.10
    ("2022-08-01", "POST /v1/invoices", "pending_invoice_items_behavior", ("include_and_require",)),
)


def with_older_keys(
    schema: dict[str, Any],
    name: str,
    version: str,
    form: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
) -> dict[str, Any]:
    """Return an object's schema with the keys of an older API version, in a form of it."""
    for before, owner, keys in _OLDER:
        if owner == name and version < before:
            lists = [key for key in keys if "allOf" in keys[key]]  # they were always there
            schema = {
                **schema,
                "properties": {**schema["properties"], **form(keys)},
                "required": sorted({*schema.get("required", ()), *lists}),
            }
    return schema


def with_older_values(rule: dict[str, Any], endpoint: str, version: str) -> dict[str, Any]:
    """Return the rule of an endpoint's parameters with the values that an older API version took."""
    for before, owner, name, values in _OLDER_VALUES:
        if owner == endpoint and version < before:
            known = rule["properties"][name]
            more = {key: [*known[key], *values] for key in ("enum", "listed") if key in known}
            rule = {**rule, "properties": {**rule["properties"], name: {**known, **more}}}
    return rule
