"""The suite on each supported major of stripe-python: `nox`, or one of them by `nox -s "sdk(11)"`."""

import nox

MAJORS = ("11", "12", "13", "14", "15", "16")


@nox.session
@nox.parametrize("major", MAJORS, ids=MAJORS)
def sdk(session: nox.Session, major: str) -> None:
    """Run the suite with the newest stripe-python of a major; what follows `--` goes to pytest."""
    session.install("-e", ".[test]", f"stripe=={major}.*")
    session.run("python", "-m", "pytest", *(session.posargs or ["-q", "-n", "auto"]))
