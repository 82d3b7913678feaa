"""Recording the user's own Anchore as HAR 1.2, with what must not leave the house replaced.

exchange    what was asked and answered, kept while the workflow reads it
names       which accounts and users the answers name
pseudonyms  the replacement of an original: always the same one
redaction   texts, JSON, URLs and headers without the originals
leaks       whether a credential is left, in whatever encoding
har         the file
"""
