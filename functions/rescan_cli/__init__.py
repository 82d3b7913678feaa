"""anchore-rescan, the command: the workflow of `rescan` from a laptop or a pipeline.

`rescan` never imports this package, and Lambda does not carry it. Its own libraries are the extra
`cli`; those of `replay` and `serve` are the extra `replay`.
"""
