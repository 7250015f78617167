"""The engine's records: immutable values, which are replaced as a whole when something changes.

Because a record never changes, an event can hold its subject and stay a snapshot. Records are named
tuples because a frozen dataclass takes four times as long to make and to copy. Amounts are whole minor
units (cents; yen), with the currency in lower case.
"""
