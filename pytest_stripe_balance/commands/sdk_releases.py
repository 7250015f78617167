"""Unpacked releases of stripe-python: from a folder that the user has, or from pip."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

FOLDER = "STRIPE_SDK_RELEASES"


def unpacked(sdk: str, into: Path) -> Path:
    """Give the folder `stripe` of a release of stripe-python such as "16.1.0".

    It is `<sdk>/stripe` below the folder that STRIPE_SDK_RELEASES names. Without that variable pip
    downloads the release, and it is unpacked into `into`. ValueError when it can't be had.
    """
    if named := os.environ.get(FOLDER):
        stripe = Path(named) / sdk / "stripe"
        if not stripe.is_dir():
            raise ValueError(f"{stripe} is missing: unpack stripe {sdk} there, or unset {FOLDER}")
        return stripe
    with zipfile.ZipFile(_download(sdk, into)) as wheel:
        wheel.extractall(into / sdk)
    return into / sdk / "stripe"


def _download(sdk: str, into: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--dest", str(into), f"stripe=={sdk}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise ValueError(
            f"stripe {sdk} can't be downloaded: {reason}. Without a network, name a folder of unpacked "
            f"releases by {FOLDER}"
        )
    return next(into.glob(f"stripe-{sdk}-*.whl"))
