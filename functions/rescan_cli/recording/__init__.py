"""Recordings of the user's own Anchore as HAR 1.2, with secrets and names replaced.

exchange    requests and answers, kept while the workflow reads them
names       which accounts and users the answers name
pseudonyms  the replacement of an original: always the same one
redaction   texts, JSON, URLs and headers without the originals
leaks       whether a credential is left, in whatever encoding
har         the text of the file
proof       whether the file replays to the outcome of the live run
recorder    all of these, for several tags
"""
