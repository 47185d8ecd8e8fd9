"""Records as services keep them: created, changed, deleted and restored with their guards, receipts and history.

Repositories and functions without a noun of any service. A service has its own entities and verbs, which call these.
"""
