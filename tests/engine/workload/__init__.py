"""A workload over all verbs, and the auditor that predicts what comes of each."""
