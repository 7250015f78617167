"""The doors: where requests of the real stripe-python are caught."""
