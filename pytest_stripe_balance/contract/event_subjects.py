"""Which object an event is about, by the words of its type."""

from __future__ import annotations

from collections.abc import Collection

# Types whose words name another object, or none alone.
_OTHERS: dict[str, str | None] = {
    "application_fee.refund": "fee_refund",
    "customer.source": None,  # a source, a card or a bank account
}
_WHOLE = {"source.mandate_notification": "source_mandate_notification"}


def subject_of(event_type: str, objects: Collection[str]) -> str | None:
    """Name the object in an event's `data.object`: "dispute" for "charge.dispute.created".

    `objects` are those of the event's API version. None where the words of the type don't tell.
    stripe-python 16 has a class for most types, which says the same of each of them (its `events`).
    """
    if event_type in _WHOLE:
        return _WHOLE[event_type]
    words, _, _ = event_type.rpartition(".")
    if words in _OTHERS:
        return _OTHERS[words]
    # As "checkout.session", "charge.dispute", "issuing_card" for issuing.card, and "source.transaction".
    names = (words, words.rpartition(".")[2], words.replace("_", ".", 1), words.replace(".", "_"))
    return next((name for name in names if name in objects), None)
