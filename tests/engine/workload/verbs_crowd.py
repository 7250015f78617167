"""Many that wait for money at once, so that the steps of automatic reconciliation have a choice."""

from workload.draws import once_in, one_of
from workload.driver import verb
from workload.verbs_cash import Cash, Customers
from workload.verbs_intents import Intents
from workload.verbs_invoices import Invoices

COLLIDING = (100, 200, 300, 500)
DISTINCT = (110, 120, 140, 180, 260, 420, 740)  # of which no two groups have the same sum


class Crowd(Cash, Customers, Intents, Invoices):
    def empty(self):
        return self.roomy(most=2)

    @verb(6, needs="empty")
    def crowd(self, draw):
        """Let several wait at one place, confirmed in any order; then send what some of them want."""
        place = draw(one_of(*self.empty()))
        customer, amounts = place[0], draw(one_of(COLLIDING, COLLIDING, DISTINCT))
        intents = []
        for _ in range(draw(one_of(3, 4, 5, 6))):
            amount = draw(one_of(*amounts))
            if draw(one_of("invoice", "intent", "intent")) == "invoice":
                self.bring(self.drafted(place, 30, [amount]), "finalize")
            else:
                intents.append(self.created(place, "unconfirmed", amount))
        while intents:
            self.confirmed(intents.pop(draw(one_of(*range(len(intents))))))
        if customer.mode == "manual" and draw(once_in(2)):
            self.switched(customer, draw(one_of("automatic", "merchant_default")))
        waiting = [one for one in self.waiting() if (one.customer, one.currency) == place]
        if waiting and draw(once_in(3)):
            self.funded_by_reference(waiting, draw)
        else:
            self.funded_a_sum(place, draw)
            if customer.mode == "manual":
                self.apply(draw)
