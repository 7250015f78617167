"""Who hears of what is told, and what waits to be sent to them (docs/stripe.md 1.12, 7)."""

from dataclasses import dataclass

from workload.books import Books, Record

HOUR = 3600
AFTER = (HOUR, 3 * HOUR)  # each failed try
MOST = 10  # in a list inside an object


@dataclass(eq=False, repr=False)
class Endpoint(Record):
    """`since` is when it was enabled last; without `types` it hears all."""

    version: str
    types: tuple = ()
    enabled: bool = True
    since: int = 0
    deleted: bool = False

    def calls(self, event_type, who):
        """Give an event's type at its version, None where that has none (6.9)."""
        if event_type == "invoice_payment.paid" and self.version < "2025-05-28":
            return None
        of_charge = event_type.startswith("refund.") and who.intent is not None
        if of_charge and self.version < "2024-10-28":
            return "charge.refund.updated" if event_type == "refund.updated" else None
        return event_type

    def hears(self, event_type, who):
        called = self.calls(event_type, who)
        wanted = not self.types or called in self.types
        return self.enabled and not self.deleted and called is not None and wanted


@dataclass
class Sending:
    """One event for one endpoint: when it is sent next, if it is, and what came of it so far."""

    due: int | None
    tries: int = 0
    done: bool = False

    def try_(self, now, done):
        self.due = None if done or self.tries >= len(AFTER) else now + AFTER[self.tries]
        self.tries += 1
        self.done = done


class Hooks(Books):
    """`heard` has for each event that was told who hears it, and how far that is.

    `inside` has for each what API versions before 2022-11-15 show inside its object.
    """

    def __init__(self):
        super().__init__()
        self.endpoints, self.heard, self.inside = [], [], []

    def tell(self, event_type, who, *words):
        super().tell(event_type, who, *words)
        shows = {"payment_intent": self.charges_of, "charge": self.refunds_of}
        self.inside.append(shows.get(event_type.partition(".")[0], lambda _: None)(who))
        hearers = [one for one in self.endpoints if one.hears(event_type, who)]
        self.heard.append({one: Sending(self.now) for one in hearers})

    def charges_of(self, intent):
        """List an intent's charges as they are now, each with its refunds (6.10)."""
        failed = [(intent, *one.charged(), ()) for one in intent.declined]
        paid = [(intent, *intent.charged(), self.refunds_of(intent))]
        every = failed + paid if intent.has_charge else failed
        return tuple(every[: -MOST - 1 : -1])

    def refunds_of(self, intent):
        """List the newest ten refunds of an intent's charge as they are now."""
        found = [one for one in self.refunds if one.intent is intent]
        return tuple((one, *one.words()) for one in found[: -MOST - 1 : -1])

    def open_endpoint(self, version, types):
        self.endpoints.append(Endpoint(version, types, since=self.now))
        return self.endpoints[-1]

    def enable(self, endpoint, enabled):
        if enabled and not endpoint.enabled:
            endpoint.since = self.now
        endpoint.enabled = enabled

    def delete_endpoint(self, endpoint):
        endpoint.deleted = True

    def to_send(self):
        """List what is to be sent now: the event's number, the endpoint, and how far it is."""
        return [
            (number, endpoint, sending)
            for number, hearers in enumerate(self.heard)
            for endpoint, sending in hearers.items()
            if endpoint.enabled and not endpoint.deleted
            if sending.due is not None and sending.due <= self.now
            if not (sending.tries and sending.due < endpoint.since)
        ]
