"""What `stripe_stubs.remember` keeps: the objects of a path, with their state and without a meaning."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.api import form, parameters, routes
from pytest_stripe_balance.api.call_pattern import pattern_of
from pytest_stripe_balance.api.request import LONGEST_PAGE
from pytest_stripe_balance.contract.answer_objects import answer_object
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine.state.faults import Fault, missing_object
from pytest_stripe_balance.engine.state.fields import merged_metadata
from pytest_stripe_balance.engine.state.table import Table
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.stubs import Answer, Stub, ids_in, rule_name

if TYPE_CHECKING:
    from pytest_stripe_balance.api.message import Request
    from pytest_stripe_balance.session.stubs import Completion

Json = Any
_PLACEHOLDER = re.compile(r"\{\w*\}")
_PAGE = ("limit", "starting_after", "ending_before", "created")


@dataclass(frozen=True)
class Remembered:
    """One object that was created, as it is by now."""

    id: str
    created: int
    document: Mapping[str, Json]
    is_deleted: bool = False


class Memory:
    """The objects that were remembered, by account and path."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str | None, str], Table[Remembered]] = {}

    def copy(self) -> Memory:
        """Give a memory that begins as this one; neither sees what is kept in the other later."""
        copied = Memory()
        copied._tables = {key: table.copy([]) for key, table in self._tables.items()}
        return copied

    def answer(self, stub: Stub, request: Request, completion: Completion) -> Answer:
        """Create, retrieve, update, list or delete.

        ValueError for an object that can't be completed. Refused for a filter that isn't modelled, and
        for a call that the API version lacks.
        """
        rules = contract(completion.api_version)
        call = rule_name(stub, rules.endpoints)
        about = answer_object(call, rules.objects)
        assert about is not None, "unreachable because only paths of known objects are remembered"
        rule = rules.rule(call)
        if rule is None:
            raise Refused(f"{request}: Stripe has no such call at API version {completion.api_version}")
        params = parameters.read(form.decode(request.encoded), rule)
        asked = _Asked(request, call, about.name, ids_in(call, request.path), params, completion)
        account = request.headers.get("Stripe-Account")
        table = self._tables.setdefault((account, asked.path), Table(about.name, []))
        try:
            return Answer(200, asked.carried_out(table))
        except Fault as fault:
            return Answer(fault.status, {}, fault)


@dataclass(frozen=True)
class _Asked:
    """One request: what it is about, the ids in its path, and its typed parameters."""

    request: Request
    call: str
    name: str
    ids: Mapping[str, str]
    params: Mapping[str, Json]
    completion: Completion

    @property
    def _has_id(self) -> bool:
        return self.call.endswith("}")

    @property
    def path(self) -> str:
        """The path of the objects, as "/v1/quotes"."""
        return self.request.path.rpartition("/")[0] if self._has_id else self.request.path

    def carried_out(self, table: Table[Remembered]) -> Mapping[str, Json]:
        """Give the answer's body; Fault for one of Stripe's errors."""
        if not self._has_id:
            return self._listed(table) if self.request.method == "GET" else self._created(table)
        *_, (param, record_id) = self.ids.items()
        kept = table.get(record_id)
        if kept is None or kept.is_deleted:
            raise missing_object(self.name, record_id, param, in_path=True)
        if self.request.method == "POST":
            kept = table.put(replace(kept, document=self._updated(kept.document)))
        elif self.request.method == "DELETE":
            table.put(replace(kept, is_deleted=True))
            return {"id": kept.id, "deleted": True}
        return kept.document

    def _created(self, table: Table[Remembered]) -> Mapping[str, Json]:
        document = self.completion.completed(self.call, self.ids, self._updated({}))
        before = table.get(document["id"])
        if before is not None and not before.is_deleted:
            message = f"{self.name.capitalize()} already exists."
            raise Fault(message, code="resource_already_exists", param="id")
        now = self.completion.now
        return table.put(Remembered(document["id"], now, document)).document

    def _updated(self, document: Mapping[str, Json]) -> dict[str, Json]:
        """Give an object with the parameters that it has a key for, whose type takes the value."""
        sent = {name: value for name, value in self.params.items() if name != "metadata"}
        taken = self.completion.shown(self.name, sent)
        if "metadata" in self.params:
            taken["metadata"] = merged_metadata(document.get("metadata") or {}, self.params["metadata"])
        return {**document, **taken}

    def _listed(self, table: Table[Remembered]) -> Mapping[str, Json]:
        parameters.refuse_together(self.params, self.call)
        page = {name: self.params[name] for name in _PAGE if name in self.params}
        page["limit"] = min(max(page.get("limit", 10), 1), LONGEST_PAGE)
        wanted = dict(self._filters())

        def fits(one: Remembered) -> bool:
            document = one.document
            return not one.is_deleted and all(document.get(name) == wanted[name] for name in wanted)

        found = table.page(keep=fits, **page)
        return {"data": [one.document for one in found.data], "has_more": found.has_more}

    def _filters(self) -> Iterator[tuple[str, Json]]:
        """Give the parameters of a list that name a key of the object, and a value of it."""
        for name, value in self.params.items():
            if name in (*_PAGE, "expand"):
                continue
            if isinstance(value, dict | list) or not self.completion.shown(self.name, {name: value}):
                message = f"{self.request}: stripe_stubs.remember doesn't know what {name} filters. "
                raise Refused(message + f'Answer it: stripe_stubs.answer("{self.call}", {{"data": []}})')
            yield name, value


def remembering(path: str, api_version: str, where: str) -> tuple[list[Stub], str]:
    """Make the stubs that remember the objects of a path; a note in place of them if they are modelled.

    `where` is the line that asked for it. ValueError for a path that has no objects to remember, and for
    one that the first release with stubs answers.
    """
    rules = contract(api_version)
    known = {_bare(one): one for one in map(_path_of, rules.endpoints) if one}
    if not isinstance(path, str) or _bare(path) not in known:
        nearest = difflib.get_close_matches(str(path), sorted(known.values()), cutoff=0)
        message = f"Stripe has no objects at {shown(repr(path))}; nearest: {', '.join(nearest)}"
        raise ValueError(message)
    path = known[_bare(path)]
    for row in routes.ENDPOINTS:
        if _bare(path) in (_bare(row.path), _bare(_path_of(row.name))):
            if row.since_release:
                return [], f"the fake answers {row} since {row.since_release}: don't remember {path}"
            raise ValueError(f"the fake answers {row} itself. stripe_faults has its failures")
    about = answer_object(f"GET {path}/{{id}}", rules.objects)
    assert about is not None, "unreachable because the object of each call is known"
    calls = [
        one
        for one in rules.endpoints
        if _bare(one.partition(" ")[2]) in (_bare(path), f"{_bare(path)}/{{}}")
        and (not one.startswith("DELETE ") or f"deleted_{about.name}" in rules.objects)
    ]
    patterns = [pattern_of(one, lambda: calls) for one in calls]
    return [Stub(pattern, None, where, None, is_optional=True) for pattern in patterns], ""


def _path_of(call: str) -> str:
    """Give the path of the objects that a call retrieves one of; "" for another call."""
    found = re.fullmatch(r"GET (.*[^}])/\{\w+\}", call)
    return found[1] if found else ""


def _bare(path: str) -> str:
    return _PLACEHOLDER.sub("{}", path)
