"""What waits to be published, and which of it becomes one message. Pure.

No words for people: those are written in `notice/`; no table: that is `aws/`.
"""
