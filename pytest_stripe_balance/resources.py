"""The bundled folders `schemas/` and `cassettes/`, and the API versions that `schemas/` has."""

import json
import os
import re
import stat
from functools import cache
from pathlib import Path
from typing import NamedTuple

_PACKAGE = Path(__file__).parent
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.\w+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAMED_SINCE = "2024-09-30"  # acacia, the first release with a name
# Versions that are modelled without schemas of their own, oldest first (docs/stripe.md 6.10).
_OLDER = ("2020-08-27", "2022-08-01", "2022-11-15", "2023-08-16")


def folder(name: str) -> Path:
    """Give the folder of bundled data called `name`: "schemas" or "cassettes".

    An installed package has its own copy; a checkout has them beside the package. FileNotFoundError
    when neither exists.
    """
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise _missing(name)


def _missing(name: str) -> FileNotFoundError:
    return FileNotFoundError(
        f"pytest-stripe-balance: the bundled folder {name!r} is missing from {_PACKAGE}; "
        "install the package again"
    )


class _Disk:
    """The real file system, even while a test replaces `open`, `os` or `pathlib` by fakes."""

    open = staticmethod(open)
    list = staticmethod(os.listdir)
    stat = staticmethod(os.stat)

    @classmethod
    def has_folder(cls, path: str) -> bool:
        try:
            return stat.S_ISDIR(cls.stat(path).st_mode)
        except OSError:
            return False


_FILES = str(_PACKAGE), str(_PACKAGE.parent)
_SEPARATOR = os.sep


def _path(parts: tuple[str, ...]) -> str:
    """Find the path of bundled data, in the same places as `folder` does."""
    package, checkout = _FILES
    for place in ((package, "_data", parts[0]), (checkout, parts[0])):
        if _Disk.has_folder(_SEPARATOR.join(place)):
            return _SEPARATOR.join((*place, *parts[1:]))
    raise _missing(parts[0])


def text(*parts: str) -> str:
    """Read a bundled file, named by its folders ("schemas", "objects", "charge.json").

    It is read even while a test fakes the file system. FileNotFoundError when there is no such file.
    """
    with _Disk.open(_path(parts), encoding="utf-8") as file:
        return file.read()


def names(*parts: str) -> list[str]:
    """List the names in a bundled folder, sorted; [] when there is no such folder."""
    path = _path(parts)
    return sorted(_Disk.list(path)) if _Disk.has_folder(path) else []


def is_installed() -> bool:
    """Tell whether the package has its own copy of the bundled data, as an installed one does."""
    return (_PACKAGE / "_data").is_dir()


class Release(NamedTuple):
    """A release of Stripe's API that has schemas: a row of `schemas/releases.json`.

    `folder`: its name, "endive", or its date before releases had names.
    `began`: its first day, "2026-09-30".
    `api_version`: its last month that a stable stripe-python pins, "2026-10-28.endive".
    `sdk`: that stripe-python, "16.1.0".
    """

    folder: str
    began: str
    api_version: str
    sdk: str


@cache
def releases() -> tuple[Release, ...]:
    """List the releases that have schemas, oldest first."""
    return tuple(Release(**row) for row in json.loads(text("schemas", "releases.json")))


def api_versions() -> list[str]:
    """Name the API version of each release that has schemas, oldest first ("2026-10-28.endive")."""
    return [release.api_version for release in releases()]


def modelled_versions() -> list[str]:
    """Name the API versions that the fake has: older ones by their date, then one of each release.

    The older ones have no schemas of their own; they borrow those of the oldest release.
    """
    return [*_OLDER, *api_versions()]


def without_betas(api_version: str) -> str:
    """Cut an API version at its `;`: "2023-10-16; feature_beta=v3" becomes "2023-10-16"."""
    return api_version.partition(";")[0].strip()


def full_version(api_version: str) -> str:
    """Add the release's name to an API version that lacks it: "2025-02-24" becomes "2025-02-24.acacia".

    Since acacia every version has a name, and Stripe accepts no date alone [doc]. An older version, and
    a text that is no version, come back as they are.
    """
    if not _DATE.fullmatch(api_version) or api_version < _NAMED_SINCE:
        return api_version
    later = (known for known in api_versions() if known[:10] >= api_version)
    release = next(later, newest_api_version())
    return f"{api_version}.{release.partition('.')[2]}"


def named_version(value: object) -> str:
    """Read the API version that a recording or an event names, without betas; "" if it names none.

    A recorder may have written a mask in its place ("<STRIPE_VERSION>", "***"), which is no version.
    """
    base = without_betas(value) if isinstance(value, str) else ""
    return base if _VERSION.fullmatch(base) else ""


@cache
def newest_api_version() -> str:
    """Name the newest API version that has schemas."""
    return api_versions()[-1]


@cache
def literals() -> dict[str, frozenset[str]]:
    """Map each place of an id in a path to the words there that are endpoints, and no ids.

    For example "/v1/invoices/" has "search" and "upcoming". The words of all API versions are together:
    a word that is an endpoint at one version is an id at none. Ids further left are written "{}".
    """
    table = json.loads(text("schemas", "literals.json"))
    return {before: frozenset(words) for before, words in table.items()}
