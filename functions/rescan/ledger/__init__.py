"""What is remembered of an image, and which news a new result makes. Pure.

No table and no clock: `aws/` stores it, `work/` passes the time.
"""
