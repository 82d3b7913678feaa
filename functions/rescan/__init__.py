"""Re-gate container images that are already in production.

Start at `app` (the Lambda handler); `workflow` holds the three steps; `anchore`, `aws` are the
adapters; `notice` is what people read. `docs/architecture.md` maps the modules.
"""
