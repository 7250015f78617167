"""What is assumed of invoices."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    # Invoices: known from the guides' prose, and from notes that others took of Stripe's answers.
    only(
        "invoice-shape",
        32,
        "Invoices paid by bank transfer, their items and their lines have the keys of card "
        "invoices. attempt_count stays 0 when the cash balance pays. payments and "
        "confirmation_secret are shown only on request.",
    ),
    only(
        "invoice-shape-before-basil",
        32,
        "Before 2025-03-31.basil, invoices, items and lines have the keys that the changelog "
        "lists as removed. Their values are those of the reference's example objects of that "
        "time, for an invoice of one-off items. The keys that replaced them are shown too, "
        "also at versions before acacia.",
    ),
    only(
        "invoice-refusals",
        32,
        "The fake refuses a missing due date, sending or paying an invoice that isn't open, "
        "and adding an item to an invoice that isn't a draft, in words and with params that "
        "others noted. An unknown invoice payment is 404 with param invoice_payment.",
    ),
    Assumption(
        "invoice-currency",
        "The first invoice of a customer takes the currency of their newest pending item, "
        "unless the request names one. Without pending items it is that of the request's bank transfer "
        "type, as the account's own, or usd.",
        {
            "pending": "the newest pending item counts, included or not",
            "included": "only an item that the invoice includes counts",
        },
        32,
    ),
    Assumption(
        "customer-currency",
        "A customer's currency is that of their first invoice. A pending item doesn't set it.",
        {"by-invoice": "only the first invoice sets it", "by-item": "a pending item sets it too"},
        32,
    ),
    Assumption(
        "deleted-draft-items",
        "The items of a deleted draft can't be found any more.",
        {
            "gone": "404, and in no list",
            "kept": "200, and in lists with the items of other invoices",
        },
        32,
    ),
    only(
        "invoice-events",
        32,
        "Voiding an invoice gives the event of its intent, then invoice.updated, then "
        "invoice.voided. Marking it uncollectible gives invoice.updated, then its own event; "
        "its intent has none.",
    ),
    Assumption(
        "invoice-payment-event-order",
        "invoice_payment.paid comes after payment_intent.succeeded and the invoice's three events.",
        {"last": "after invoice.payment_succeeded", "first": "before invoice.updated"},
        32,
    ),
    Assumption(
        "invoice-payment-succeeded",
        "An invoice that is paid without an intent (out of band, or with nothing due) has the"
        " event invoice.payment_succeeded beside invoice.paid.",
        {
            "told": "as in a recording of an out-of-band payment",
            "untold": "as documented: only the success of a payment intent gives the event",
        },
        32,
    ),
    only(
        "invoice-intent",
        32,
        "The intent of a finalized invoice is in requires_payment_method and has the "
        "description Payment for Invoice. It takes the types of payment_settings, or only "
        "card.",
    ),
    only(
        "invoice-intent-fixed",
        32,
        "Canceling the intent of an invoice, or changing its amount, is 400 "
        "payment_intent_unexpected_state. The text is our own words.",
    ),
    only(
        "invoice-pay",
        32,
        "Paying an open invoice takes its full amount from the cash balance, in both modes. "
        "If the balance is too small, the answer is 400 invalid_request_error and nothing "
        "moves.",
    ),
    only(
        "default-method-refused",
        90,
        "A default payment method that isn't attached to the customer is 400 resource_missing, with the "
        "parameter's path as param, in words that others met. So is the payment_method of a pay call. "
        "Without any method to pay by, that is 400 without code and param.",
    ),
    only(
        "default-method-detached",
        90,
        "A customer's default payment method that is detached is their default no more: "
        "customer.updated follows payment_method.detached.",
    ),
    only(
        "invoice-pay-by-card",
        91,
        "An invoice that takes cards is paid by the card of the request, the invoice's default or the "
        "customer's, in this order, whatever off_session says. A card that has to be authenticated "
        "is 402 invoice_payment_intent_requires_action without the intent, which waits for it.",
    ),
    only(
        "invoice-attempt-events",
        91,
        "A card that doesn't pay an invoice counts in attempt_count. invoice.updated follows the events "
        "of the intent, then comes invoice.payment_failed, or invoice.payment_action_required for a "
        "card that has to be authenticated.",
    ),
    only(
        "invoice-out-of-band",
        32,
        "When an invoice is paid out of band, its intent is canceled without a reason before "
        "the invoice's own events.",
    ),
    only(
        "invoice-send-email",
        32,
        "An invoice can be sent to a customer without an e-mail address.",
    ),
    only(
        "invoice-overdue",
        32,
        "invoice.overdue comes once, when the due date of an open invoice is reached.",
    ),
    only(
        "invoice-overdue-boundary",
        14,
        "An overdue invoice is paid automatically until exactly 30 days after its due date, "
        "including that second.",
    ),
    only(
        "apply-invoice",
        7,
        "apply_customer_balance on an invoice's intent pays the whole invoice, whatever the "
        "amount parameter says. A balance below that is refused like an explicit amount above"
        " the balance.",
    ),
    only(
        "finalize-draws-nothing",
        7,
        "Finalizing an invoice takes nothing from the cash balance.",
    ),
    only(
        "apply-invoice-uncollectible",
        7,
        "apply_customer_balance on the intent of an uncollectible invoice is 400 "
        "payment_intent_unexpected_state.",
    ),
)
