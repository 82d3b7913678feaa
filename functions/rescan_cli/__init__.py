"""anchore-rescan, the command: the workflow of `rescan` from a laptop or a pipeline.

`rescan` never imports this package, and Lambda does not carry it; the libraries that it needs
besides are the extra `cli`.
"""
