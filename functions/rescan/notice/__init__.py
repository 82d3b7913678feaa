"""News in words: mail, chat message and JSON of each kind of notice. Pure.

Nothing here decides whether there is news, or publishes it.
"""
