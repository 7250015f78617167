"""Where `schemas/` and `cassettes/` are (a wheel holds a copy), and the API versions that there are."""

import json
import os
import re
import stat
from functools import cache
from pathlib import Path
from typing import NamedTuple

_PACKAGE = Path(__file__).parent
# What stands in a folder of `schemas/` beside the schemas of objects.
NO_OBJECTS = frozenset({"expandables", "literals", "parameters"})
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.\w+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAMED_SINCE = "2024-09-30"  # acacia, the first release with a name


def folder(name: str) -> Path:
    """Give the folder of bundled data called `name`: "schemas" or "cassettes".

    Raises FileNotFoundError when neither a wheel's copy nor a checkout's is there.
    """
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise _missing(name)


def _missing(name: str) -> FileNotFoundError:
    return FileNotFoundError(
        f"pytest-stripe-balance: its bundled folder {name!r} is missing from {_PACKAGE}; "
        "install the package again"
    )


class _Disk:
    """The file system itself, whatever a test puts in the place of `open`, `os` and `pathlib`."""

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
    """Give the path of bundled data, found where `folder` finds it."""
    package, checkout = _FILES
    for place in ((package, "_data", parts[0]), (checkout, parts[0])):
        if _Disk.has_folder(_SEPARATOR.join(place)):
            return _SEPARATOR.join((*place, *parts[1:]))
    raise _missing(parts[0])


def text(*parts: str) -> str:
    """Read a bundled file, named by the folders to it ("schemas", "endive", "charge.json").

    A test's fake file system doesn't hide it. FileNotFoundError when it isn't there.
    """
    with _Disk.open(_path(parts), encoding="utf-8") as file:
        return file.read()


def names(*parts: str) -> list[str]:
    """Name what a bundled folder holds, in order; [] when it isn't there."""
    path = _path(parts)
    return sorted(_Disk.list(path)) if _Disk.has_folder(path) else []


def is_installed() -> bool:
    """Tell a wheel's own copy of the bundled data from a checkout's."""
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


def without_betas(api_version: str) -> str:
    """Read an API version up to its `;`: "2023-10-16; feature_beta=v3" is "2023-10-16"."""
    return api_version.partition(";")[0].strip()


def full_version(api_version: str) -> str:
    """Give an API version with its release's name, where it is a date that has none and should.

    Versions have names since acacia, and Stripe has none by the date alone from then on [doc]. What
    needs no name is given back, and what is no version.
    """
    if not _DATE.fullmatch(api_version) or api_version < _NAMED_SINCE:
        return api_version
    later = (known for known in api_versions() if known[:10] >= api_version)
    release = next(later, newest_api_version())
    return f"{api_version}.{release.partition('.')[2]}"


def named_version(said: object) -> str:
    """Read the API version that a recording or an event names, without betas; "" where it names none.

    What hasn't a version's form is a word that a recorder put in its place ("<STRIPE_VERSION>", "***").
    """
    base = without_betas(said) if isinstance(said, str) else ""
    return base if _VERSION.fullmatch(base) else ""


@cache
def newest_api_version() -> str:
    """Name the newest API version that has schemas."""
    return api_versions()[-1]


@cache
def literals() -> dict[str, frozenset[str]]:
    """Map where a path can have an id ("/v1/invoices/") to what is none there, at whatever version.

    What one version has an endpoint for, another one takes for no id either. Placeholders before are
    unnamed, "{}".
    """
    found: dict[str, frozenset[str]] = {}
    for release in releases():
        for before, words in json.loads(text("schemas", release.folder, "literals.json")).items():
            found[before] = found.get(before, frozenset()).union(words)
    return found
