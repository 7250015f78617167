"""The ledger: append-only rows of signed minor units. A balance is the sum of its rows."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.state.sharing import own_dict
from pytest_stripe_balance.engine.state.table import Journal, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_stripe_balance.engine.state.records.customers import Entry
    from pytest_stripe_balance.engine.state.sharing import DictOver

REVERSED = "funding_reversed"  # the one type that can take a balance below zero
NOUN = "customer_cash_balance_transaction"


@dataclass
class Ledger:
    """Every customer's rows, oldest first. Rows are never changed and never removed."""

    journal: Journal = field(default_factory=list)
    _rows: dict[str, Table[Entry]] | DictOver[str, Table[Entry]] = field(default_factory=dict)
    _balances: dict[str, dict[str, int]] | DictOver[str, dict[str, int]] = field(default_factory=dict)
    _owners: dict[str, str] | DictOver[str, str] = field(default_factory=dict)  # customers by row
    _is_shared: bool = False
    _unshared: set[str] | None = None  # whose rows and balances are this ledger's; None: all

    def copy(self, journal: Journal) -> Ledger:
        """Give a ledger that begins as this one is; neither sees what is written to the other later."""
        self._is_shared = True
        return Ledger(journal, self._rows, self._balances, self._owners, _is_shared=True)

    def _unshare(self, customer: str) -> None:
        """Copy what another ledger may read: the containers, and what they hold of a customer."""
        if self._is_shared:
            self._rows, self._balances = own_dict(self._rows), own_dict(self._balances)
            self._owners = own_dict(self._owners)
            self._is_shared, self._unshared = False, set()
        if self._unshared is not None and customer not in self._unshared:
            self._unshared.add(customer)
            if customer in self._rows:
                self._rows[customer] = self._rows[customer].copy(self.journal)
                self._balances[customer] = self._balances[customer].copy()

    def append(self, entry: Entry) -> Entry:
        """Write one row. Its `ending_balance` must equal the balance after it."""
        if self._is_shared or self._unshared is not None:
            self._unshare(entry.customer)
        balances = self._balances.setdefault(entry.customer, {})
        balance = balances.get(entry.currency, 0) + entry.net_amount
        assert balance == entry.ending_balance, f"{entry} does not lead to {balance}"
        rows = self._rows.get(entry.customer)
        if rows is None:
            rows = self._rows[entry.customer] = Table(NOUN, self.journal)
        # The table journals the row itself; this entry restores the balances.
        self.journal.append((None, functools.partial(self._restore, entry, dict(balances))))
        rows.put(entry)
        self._owners[entry.id] = entry.customer
        balances[entry.currency] = balance
        return entry

    def _restore(self, entry: Entry, balances: dict[str, int]) -> None:
        self._balances[entry.customer] = balances
        del self._owners[entry.id]
        if not len(self._rows[entry.customer]):
            del self._rows[entry.customer], self._balances[entry.customer]

    def balance(self, customer: str, currency: str) -> int:
        """The customer's available cash in one currency, in minor units."""
        return self._balances.get(customer, {}).get(currency, 0)

    def available(self, customer: str) -> dict[str, int]:
        """The customer's available cash by currency. A currency stays once it was used, even at 0."""
        return dict(self._balances.get(customer, {}))

    def rows(self, customer: str) -> Table[Entry]:
        """One customer's rows."""
        return self._rows.get(customer) or Table(NOUN)

    def find(self, entry_id: str) -> Entry | None:
        """Look a row up by id, whichever customer it belongs to."""
        owner = self._owners.get(entry_id)
        return None if owner is None else self._rows[owner].get(entry_id)

    def customers(self) -> Iterator[str]:
        """The ids of all customers that ever had a row."""
        yield from self._rows

    def check(self) -> None:
        """Recount everything from the rows; AssertionError if a balance isn't their sum."""
        for customer, rows in self._rows.items():
            sums: dict[str, int] = {}
            for entry in rows:
                sums[entry.currency] = sums.get(entry.currency, 0) + entry.net_amount
                assert sums[entry.currency] == entry.ending_balance, f"{entry} ends wrongly"
                below = entry.type == REVERSED and entry.ending_balance < 0
                assert below or entry.ending_balance >= 0, f"{entry} takes {customer} below zero"
            assert min(sums.values()) >= 0, f"{customer}: {sums} is overdrawn"
            assert sums == self._balances[customer], f"{customer}: {sums} is not its balance"
