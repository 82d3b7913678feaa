"""What the command adds to the checks of `rescan.doctor`.

rule      whether pushes reach the queue, which the function itself has no right to see
remote    the checks that the function runs where it is
"""
