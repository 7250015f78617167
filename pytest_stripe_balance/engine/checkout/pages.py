"""The page of a Checkout Session: whose it is, and where it leads (docs/stripe.md 1.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.state import faults

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.checkout.parameters import SessionParams
    from pytest_stripe_balance.engine.state.world import World

HOSTED, EMBEDDED = "hosted_page", "embedded_page"
# The names that ui_mode had before 2026-03-25.dahlia, and those that it has now.
NOW_CALLED = {"hosted": HOSTED, "embedded": EMBEDDED, "custom": "elements"}


def mode_of(params: SessionParams) -> str:
    """Give the mode of the page by its newest name."""
    ui_mode = params.get("ui_mode", HOSTED)
    return NOW_CALLED.get(ui_mode, ui_mode)


def check(world: World, ui_mode: str, params: SessionParams) -> None:
    """Refuse the addresses that a mode of the page needs, or can't have [doc].

    A page inside the app's own goes to `return_url`, unless `redirect_on_completion` says otherwise.
    """
    if ui_mode == HOSTED:
        if "success_url" not in params:
            raise faults.missing_parameter("success_url")
        return
    world.readings.rely_on("checkout-refusals")
    if unfit := [name for name in ("cancel_url", "success_url") if name in params]:
        message = (
            "The following parameters are not supported with `ui_mode: "
            f"{params['ui_mode']}`: {', '.join(unfit)}."
        )
        raise faults.Fault(message, param=unfit[0])
    if ui_mode != EMBEDDED:
        return
    redirects = params.get("redirect_on_completion", "always")
    if redirects == "always" and "return_url" not in params:
        raise faults.missing_parameter("return_url")
    if redirects == "never" and "return_url" in params:
        message = "`return_url` can't be used with `redirect_on_completion: never`."
        raise faults.Fault(message, param="return_url")


def of_new(world: World, session_id: str, ui_mode: str) -> dict[str, Any]:
    """Give the address of Stripe's page, or the secret that puts it into the app's own."""
    if ui_mode == HOSTED:
        page = f"https://checkout.stripe.com/c/pay/{session_id}"
        return {"url": f"{page}#fid{world.ids.secret(f'{session_id} page', 64)}"}
    return {"client_secret": f"{session_id}_secret_{world.ids.secret(session_id, 64)}"}
