"""Who gets a transfer: the steps, the search for a group, and why."""
