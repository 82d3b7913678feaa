"""Values, names and rules that every package uses: tags, errors, time, safe text, metrics.

Nothing here knows Anchore, AWS, a notice or an entry of the ledger.
"""
