"""HTTP to Anchore: dialects, credentials, deadlines, and which error an answer is.

Nothing here knows AWS, the ledger or a notice.
"""
