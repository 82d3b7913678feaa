"""What the ledger remembers, read with the caller's own AWS credentials.

`source` finds the table, `reading` reads it, `row` makes a row of each entry, `overview` puts the
rows in order and counts them. The rest shows them: on a terminal, as JSON.
"""
