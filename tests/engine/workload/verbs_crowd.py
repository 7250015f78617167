"""Many that wait for money at once, so that the steps of automatic reconciliation have a choice."""

from workload.draws import once_in, one_of
from workload.driver import verb
from workload.verbs_cash import Cash, Customers
from workload.verbs_intents import Intents
from workload.verbs_invoices import Invoices

COLLIDING = (100, 200, 300)
DISTINCT = (110, 120, 140, 180, 260, 420, 740)  # no two groups of these have the same sum


class Crowd(Cash, Customers, Intents, Invoices):
    def empty(self):
        return self.roomy(most=2)

    @verb(6, needs="empty")
    def crowd(self, draw):
        """Let several wait at one place; then send what some of them want, or what names one."""
        place = draw(one_of(*self.empty()))
        self.gather(place, draw)
        if place[0].mode == "manual" and draw(once_in(2)):
            self.switched(place[0], draw(one_of("automatic", "merchant_default")))
        waiting = [one for one in self.waiting() if (one.customer, one.currency) == place]
        if waiting and draw(once_in(2)):
            self.funded_by_reference(waiting, draw)
        else:
            self.funded_a_sum(place, draw)
        if place[0].mode == "manual":
            self.apply(draw)
            if draw(once_in(2)):
                self.switched(place[0], draw(one_of("automatic", "merchant_default")))
                getattr(self, draw(one_of("cancel", "update_amount")))(draw)

    def gather(self, place, draw):
        """Make invoices, of which one may be given up, and intents, confirmed in any order."""
        amounts = draw(one_of(COLLIDING, DISTINCT))
        invoices, intents = [], []
        for _ in range(draw(one_of(3, 4, 5, 6, 6))):
            amount = draw(one_of(*amounts))
            if place[0].email and draw(once_in(2)):
                invoices.append(self.drafted(place, 30, [amount]))
                self.bring(invoices[-1], "finalize")
            else:
                intents.append(self.created(place, "unconfirmed", amount))
        if invoices and draw(once_in(3)):
            self.bring(draw(one_of(*invoices)), draw(one_of("mark_uncollectible", "void")))
        while intents:
            self.confirmed(intents.pop(draw(one_of(*range(len(intents))))))
