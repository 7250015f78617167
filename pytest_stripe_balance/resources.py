"""Where `schemas/` and `cassettes/` are (a wheel holds a copy), and the API versions that there are."""

import re
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.\w+)?")


def folder(name: str) -> Path:
    """Give the folder of bundled data called `name`: "schemas" or "cassettes".

    Raises FileNotFoundError when neither a wheel's copy nor a checkout's is there.
    """
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    message = (
        f"pytest-stripe-balance: its bundled folder {name!r} is missing from {_PACKAGE}; "
        "install the package again"
    )
    raise FileNotFoundError(message)


def is_installed() -> bool:
    """Tell a wheel's own copy of the bundled data from a checkout's."""
    return (_PACKAGE / "_data").is_dir()


def api_versions() -> list[str]:
    """Name the API versions that have a folder in `schemas/`, oldest first ("2026-10-28.endive")."""
    return sorted(entry.name for entry in folder("schemas").iterdir() if entry.is_dir())


def without_betas(api_version: str) -> str:
    """Read an API version up to its `;`: "2023-10-16; feature_beta=v3" is "2023-10-16"."""
    return api_version.partition(";")[0].strip()


def named_version(said: object) -> str:
    """Read the API version that a recording or an event names, without betas; "" where it names none.

    What hasn't a version's form is a word that a recorder put in its place ("<STRIPE_VERSION>", "***").
    """
    base = without_betas(said) if isinstance(said, str) else ""
    return base if _VERSION.fullmatch(base) else ""


@cache
def newest_api_version() -> str:
    """Name the newest API version that has a folder in `schemas/`."""
    return api_versions()[-1]
