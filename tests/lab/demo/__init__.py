"""`make demo`: the function's whole story in a few seconds, or what it makes of a single event.

    stage    the function on a ledger that outlives its invocations; what is false is at its edges:
             the answers of Anchore, the topic, the queue, the clock
    anchore  a recorded Anchore whose images and feeds change as the story goes on
    story    the chapters
    single   one event on one recording
    screen   all of it for a person

It stands here and not in the command `anchore-rescan`, since it plays on the recordings of
`tests/`, which no wheel carries: whoever tries the project has a checkout.
"""
