"""Payment intents, their confirmation, and apply_customer_balance."""
