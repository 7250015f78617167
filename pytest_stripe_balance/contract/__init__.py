"""What Stripe documents, derived from its SDK: JSON Schemas and parameter rules, and the check."""
