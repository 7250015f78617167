"""The command `check`: checks documents and cassettes against the schemas of their API version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from pytest_stripe_balance import input_files, resources
from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.api.message import Request
from pytest_stripe_balance.cassettes import foreign
from pytest_stripe_balance.contract.checker import opened, unknown_in, why_unchecked
from pytest_stripe_balance.contract.contract import Contract, contract
from pytest_stripe_balance.contract.findings import levels_of
from pytest_stripe_balance.contract.kinds import hint, kind_of
from pytest_stripe_balance.contract.parsed import version_of
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.report.outcome import Outcome, Place

Json = Any
_NAMELESS = "(name its kind with --object)"
_WRAPS = "but with Stripe objects inside (write these to a .jsonl file, one per line, to check them)"
# Recorders may mask the version in a path.
_V1 = re.compile(r"/v(?:1|[^\d/][^/]*)/")
# With a publishable key or a client secret, Stripe answers with some of an object's keys only.
_CLIENT_SIDE = re.compile(r"(?:^|&)(?:key=pk_|client_secret=)")
# Objects from before this day weren't counted for the keys that every object has.
_COMPLETE_SINCE = datetime(2019, 8, 14, tzinfo=UTC)
_YAML, _LINES, _JSON = {".yaml", ".yml"}, {".jsonl", ".ndjson"}, {".json", ".jsonl", ".ndjson"}


@dataclass(frozen=True)
class CheckQuestion:
    """The arguments of `check`.

    - `files`: names or patterns.
    - `object`: the kind of every document outside cassettes.
    - `api_version`: the version of documents that name none; the newest if None.
    - `levels`: texts such as "enum=error".
    - `megabytes`: bigger files are refused.
    - `allow_empty`: whether it is a success to check nothing.
    """

    files: Sequence[str]
    object: str | None = None
    api_version: str | None = None
    levels: Sequence[str] = ()
    megabytes: float = input_files.LARGEST
    allow_empty: bool = False


def check(question: CheckQuestion) -> Outcome:
    """Check every named file; ValueError if an argument makes no sense."""
    if question.object is not None:
        _refuse_unknown(question.object)
    outcome = Outcome(
        levels=levels_of(question.levels),
        may_be_empty=question.allow_empty,
        way_out="--allow-empty allows that",
    )
    judge = _Judge(question, contract(question.api_version or resources.newest_api_version()), outcome)
    for name in input_files.expand_patterns(question.files):
        place = Place(_shown_name(name))
        outcome.files += 1
        try:
            _check_file(name, input_files.text_of(name, megabytes=question.megabytes), judge)
        except input_files.NoFileError as error:
            outcome.files -= 1
            if question.allow_empty and input_files.is_pattern(name):
                outcome.skip("pattern without a file", place)
            else:
                outcome.add_problem(place, error.reason)
        except input_files.EmptyError:
            outcome.skip("empty", place)
        except input_files.InputError as error:
            outcome.add_problem(replace(place, line=error.line), error.reason)
    return outcome


def _refuse_unknown(name: str) -> None:
    known = set().union(*(contract(version).objects for version in resources.api_versions()))
    if name not in known:
        raise ValueError(f"--object {name!r} has no schema; {hint(name, known)}")


def _shown_name(name: str) -> str:
    return "<stdin>" if name == input_files.STDIN else name


def _check_file(name: str, text: str, judge: _Judge) -> None:
    kind = PurePath(name).suffix.lower()
    if foreign.is_raw_http(text):
        judge.foreign(_shown_name(name), foreign.RAW_HTTP)
    elif kind in _YAML or (kind not in _JSON and text.lstrip()[:1] not in ("{", "[")):
        _check_yaml(_shown_name(name), text, judge)
    elif kind in _LINES or input_files.is_lines(text):
        _check_lines(_shown_name(name), text, judge)
    else:
        judge.value(Place(_shown_name(name)), input_files.json_of(text))


def _check_yaml(name: str, text: str, judge: _Judge) -> None:
    from pytest_stripe_balance.cassettes import yaml_loader  # noqa: PLC0415 - YAML costs, JSON doesn't

    try:
        data = yaml_loader.read_yaml(text)
    except yaml_loader.SeveralError:
        judge.no_recording(name, "several YAML documents")
    else:
        judge.cassette(name, data)


def _check_lines(name: str, text: str, judge: _Judge) -> None:
    """Check JSON lines; all lines that can't be read make one problem."""
    errors: list[input_files.InputError] = []
    for line, value in input_files.json_lines_of(text):
        if isinstance(value, input_files.InputError):
            errors.append(value)
            continue
        try:
            judge.value(Place(name, line), value)
        except input_files.InputError as error:
            errors.append(input_files.InputError(error.reason, line))
    if errors:
        more = f" (and {len(errors) - 1} more such lines)" if len(errors) > 1 else ""
        raise input_files.InputError(errors[0].reason + more, errors[0].line)


class _Judge:
    """Checks one document after the other, and adds the findings to the outcome."""

    def __init__(self, question: CheckQuestion, default: Contract, outcome: Outcome) -> None:
        self._object = question.object
        self._has_version = question.api_version is not None
        self._default = default
        self._outcome = outcome

    def value(self, place: Place, value: Json) -> None:
        """Check a JSON value: a document, a list of documents, or a cassette."""
        if isinstance(value, dict) and "object" in value:
            self._document(place, value)
            return
        if (name := foreign.format_of(value)) is not None:
            self.foreign(place.file, name)
            return
        from pytest_stripe_balance.cassettes import interactions  # noqa: PLC0415 - most files are no cassettes

        if interactions.is_cassette(value):
            self.cassette(place.file, value)
        elif isinstance(value, list) and value:
            for index, item in enumerate(value):
                self._document(Place(place.file, place.line, f"item {index}"), item)
        else:
            self._document(place, value)

    def cassette(self, file: str, data: Json) -> None:
        """Check every answer of Stripe in a cassette."""
        if (name := foreign.format_of(data)) is not None:
            self.foreign(file, name)
            return
        from pytest_stripe_balance.cassettes import interactions  # noqa: PLC0415 - as above

        if not interactions.is_cassette(data):
            self.no_recording(file, "no list of `interactions` in it")
            return
        path = None if file == _shown_name(input_files.STDIN) else Path(file)
        for found in interactions.interactions(data, path):
            if isinstance(found, interactions.Skipped):
                place = Place(file, found.line, found.request)
                self._outcome.skip(found.reason, place)
                continue
            request, response = found.exchange.request, found.exchange.response
            place = Place(file, found.line, str(request))
            if (reason := _left_out(request)) is not None:
                self._outcome.skip(reason, place)
                continue
            version = response.headers.api_version or request.headers.api_version
            self._check(place, response.json, version, None, found.moment)

    def foreign(self, file: str, name: str) -> None:
        """Skip a recording in another format."""
        self._outcome.skip(f"in another format: {name}", Place(file), foreign.WAY_OUT)

    def no_recording(self, file: str, why: str) -> None:
        """Skip a file that can be read, but is no recording."""
        self._outcome.skip(f"without a recording ({why})", Place(file))

    def _document(self, place: Place, document: Json) -> None:
        if not isinstance(document, dict):
            self._outcome.skip(f"without a Stripe object ({_named(document)})", place)
            return
        document, key = opened(document)
        if key:
            place = replace(place, of=", ".join(filter(None, (place.of, key))))
        created = document.get("created") if kind_of(document) == "event" else None
        moment = created if isinstance(created, int) else None
        self._check(place, document, version_of(document), self._object, moment)

    def _check(
        self, place: Place, document: Json, version: str | None, kind: str | None, moment: int | None
    ) -> None:
        try:
            rules = contract(version) if version else self._default
        except ValueError:
            self._outcome.skip(f"of API version {shown(str(version))}, which has no schema", place)
            return
        if kind is None and kind_of(document) is None:
            # The objects inside may be of any version, so they aren't checked.
            wraps = foreign.wraps(document)
            self._outcome.skip(f"without an `object` key {_WRAPS if wraps else _NAMELESS}", place)
            return
        try:
            findings = rules.check(document, kind)
            unknown = [] if kind else list(unknown_in(document, rules.objects))
        except (ValueError, RecursionError) as error:
            reason = f"{place.of}: {why_unchecked(error)}" if place.of else why_unchecked(error)
            raise input_files.InputError(reason, place.line) from error
        is_complete = _is_complete(moment, rules.api_version)
        for finding in findings:
            if is_complete or finding.kind != "vanished":
                self._outcome.add_finding(finding, place)
        for reason in unknown:
            self._outcome.skip(reason, place)
        if not unknown or kind or kind_of(document) in rules.objects:
            self._outcome.checked += 1
            if not (version or self._has_version):
                self._outcome.add_assumed_version(rules.api_version, "the newest")


def _left_out(request: Request) -> str | None:
    """Say why the answer to a request isn't checked; None if it is."""
    if not _V1.match(request.path):
        return "of another API than v1"
    if api_keys.key_of(request).startswith("pk_") or _CLIENT_SIDE.search(request.encoded):
        return "sent as browsers do (publishable key or client secret), which gets only some keys"
    return None


def _is_complete(moment: int | None, api_version: str) -> bool:
    """Tell whether a document is recent enough to have the keys that every object has now."""
    if moment is not None:
        return moment >= _COMPLETE_SINCE.timestamp()
    return api_version >= f"{_COMPLETE_SINCE:%Y-%m-%d}"


def _named(value: Json) -> str:
    names = {type(None): "null", bool: "true or false", str: "a string"}
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return names.get(type(value), "a number")
