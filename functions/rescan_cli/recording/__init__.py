"""Recording the user's own Anchore as HAR 1.2, with what must not leave the house replaced.

exchange         what was asked and answered, kept while the workflow reads it
names            which accounts and users the answers name
foreign_secrets  which texts and members are secrets of others
pseudonyms       the replacement of an original: always the same one
json_text        values of a JSON text, read and changed
redaction        texts, JSON, URLs and headers without the originals
har              the file
proof            whether the file replays to what the live run was
"""
