"""The figures as tables, and the page docs/simulation.md around them."""

from collections.abc import Sequence
from datetime import timedelta

from rescan.ledger.news import EventType
from tests.lab.simulation.floods import Flood
from tests.lab.simulation.markdown import after, table
from tests.lab.simulation.punctual import FEED_HOURS, Punctual
from tests.lab.simulation.running import Watch
from tests.lab.simulation.scenario import Figures, Scenario
from tests.support.one_publisher import RULES

Run = tuple[str, Scenario, Figures]
Simulated = tuple[
    Sequence[Run], Sequence[Watch], Sequence[Punctual], Sequence[Punctual], Sequence[Flood]
]

_SWEEP = (
    "workers",
    "Anchore calls",
    "peak in flight",
    "messages",
    "of them gone back",
    "images named",
    "published",
    "most in a second",
    "first",
    "last",
    "sweep complete",
)
_WATCHED = (
    "what a sweep gates",
    "images",
    "Anchore calls",
    "of them the inventory",
    "calls an image",
    "images named",
    "published",
    "sweep complete",
)
_FLOOD = (
    "flood",
    "images named in a STOP",
    "STOP messages",
    "REMINDER messages",
    "of one image",
    "most in an hour",
    "longest wait of a STOP",
)


_PUSHED = (
    "lanes",
    "pushes",
    "half of them within",
    "99 of 100 within",
    "all",
    "gone back, each",
)
_DETECTED = (
    "what begins a sweep",
    "sweeps",
    "Anchore calls",
    "forced scans",
    "images named in a STOP",
    "mean from feed to STOP",
    "longest",
)


def tables(simulated: Simulated) -> str:
    """All of them, for a terminal."""
    runs, watched, pushed, detected, floods = simulated
    each = (
        table(_SWEEP, map(_swept, runs)),
        table(_WATCHED, map(_watched, watched)),
        table(_PUSHED, map(_pushed, pushed)),
        table(_DETECTED, map(_detected, detected)),
        table(_FLOOD, map(_flooded, floods)),
    )
    return "\n\n".join(each) + "\n"


def page(simulated: Simulated) -> str:
    """The whole of docs/simulation.md."""
    runs, watched, pushed, detected, floods = simulated
    _, scenario, _ = runs[0]
    return f"""\
# A sweep over {scenario.images:,} images, and floods of notices

Written by `make simulation`: the function's own code on a simulated clock, no measurement of
Anchore or AWS.

## {len(scenario.stopped)} of {scenario.images:,} images have a new CVE

{table(_SWEEP, map(_swept, runs))}

How to read it:

- An image takes three requests, the list of tags about one for every 500, and the feeds and the
  policies one each, whatever the number of workers.
- Peak in flight is workers x batch size, here {scenario.batch_size}: MaxConcurrency and BatchSize
  bound it. A sweep takes at least images x {_seconds_an_image(scenario):g} s / peak; a batch ends
  with its slowest image.
- Each image's STOP is published once. The publisher looks every 60 s. Once ten images of a team
  were published one by one, the others are published together, at growing distances of a quarter of
  an hour at most: a slow sweep makes few messages too. An image that joins waits so much longer.
- Messages never come faster than 4 a second, whatever the workers.

## What runs, too

{table(_WATCHED, map(_watched, watched))}

How to read it:

- The inventory is one request a sweep, whatever it holds. An image of one platform takes three
  requests, and so does each old digest: it is a further image, gated by its digest.
- All old digests stop here, and the images that bear the tags do not. In the first two rows as many
  of the current images stop.
- The messages are as few as for any storm of one team, {watched[0].scenario.workers} workers.

## Pushes while a sweep over {scenario.images:,} images is under way

{table(_PUSHED, map(_pushed, pushed))}

How to read it:

- The defaults: MaxConcurrency 2, PushConcurrency 2, BatchSize 5. The pushes come at any moment of
  the sweep's first 25 minutes; the times are from a push to its verdict, or from the end of the
  analysis where Anchore has to analyze the image first.
- In one queue a push stands behind the rest of the sweep, which lasts an hour, or half an hour with
  four workers.
- A push that waits for an analysis goes back for 25 to 50 s while it is younger than 20 min, and
  from then on for 1/48 to 1/24 of its age: so the end of an analysis is seen within a minute. Each
  look is one request. A push that stays unknown for two hours is looked at about 90 times.

## From a feed to its STOP, with feeds that move every {FEED_HOURS} hours

{table(_DETECTED, map(_detected, detected))}

How to read it:

- SweepHours 6, FeedMinutes 5, MinSweepMinutes 60, and 500 images, of which each feed stops five;
  the first feed comes an hour after the first sweep began. Two days.
- The clock adds sweeps and takes none away: the schedule stays. Each of its looks is two requests.
- {_saved(detected)}
- After a look a sweep takes minutes here, and hours for many images at the defaults: what is
  stopped by the feed may be among the last.

## Floods: each image stops by findings of its own

{table(_FLOOD, map(_flooded, floods))}

How to read it:

- All images are one team's. Each has one to six findings: CVEs, packages and severities differ;
  the common ones are drawn from 200 that base images bring, the first of which most images have.
- A team's images that stop lately are one storm, whatever their findings are; what a quarter of
  them have in common makes a message of its own. So diversity changes little.
- In the middle of the sweep of 83 minutes the team pushes one more image that stops. Its message
  is of one image, and comes at the next look.
- Reminders wait {RULES.collected / timedelta(hours=1):g} hours for the rest of their sweep, and a
  message names 400 images at most.
- While SNS is away five sweeps find the same images. A reminder gives way to the STOP that still
  waits, so the images make as many messages as they do without reminders.

## What is real, and what is not

Real: the worker, the recorder, the publisher with its pace and its groups, going back, the full
sweep, the feed clock, the workflow, the client of Anchore down to its `requests` session, each
notice. They block and sleep as they do in Lambda, in threads that take turns on the simulated
clock.

Assumed: an image's record takes {scenario.list_seconds:g} s, and so do a page of the list of tags,
the feeds and the policies; the forced scan {scenario.scan_seconds:g} s, the evaluation
{scenario.check_seconds:g} s; each up to {scenario.jitter:.0%} more or less, by chance with a fixed
seed. Anchore answers no slower when more is asked at once. Nothing fails but SNS, where the table
says so. Yesterday every image was a GO.

Left out: SQS hands over at once, in order, and full batches while there are enough; Lambda starts
at once (AWS adds pollers by the minute, and takes no MaxConcurrency below 2); DynamoDB, SNS and the
function's own work take no time. Ledger and topic are those of the tests, in memory; the queue and
Lambda's poller are those of [the fault matrix](faults.md).
"""


def _seconds_an_image(scenario: Scenario) -> float:
    return scenario.list_seconds + scenario.scan_seconds + scenario.check_seconds


def _swept(run: Run) -> tuple[str, ...]:
    label, _, figures = run
    return (
        label,
        f"{figures.anchore_calls:,}",
        f"{figures.peak_in_flight:,}",
        f"{figures.messages:,}",
        f"{figures.gone_back:,}",
        f"{figures.stopped:,}",
        f"{sum(figures.published.values()):,}",
        f"{figures.most_in_a_second}",
        after(figures.first_published),
        after(figures.last_published),
        after(figures.complete),
    )


def _watched(watch: Watch) -> tuple[str, ...]:
    label, _, figures, asked = watch
    overhead = asked["page"] + asked["feeds"] + asked["policies"] + asked.get("inventory", 0)
    return (
        label,
        f"{figures.messages:,}",
        f"{figures.anchore_calls:,}",
        f"{asked.get('inventory', 0)}",
        f"{(figures.anchore_calls - overhead) / figures.messages:g}",
        f"{figures.stopped:,}",
        f"{sum(figures.published.values()):,}",
        after(figures.complete),
    )


def _pushed(run: Punctual) -> tuple[str, ...]:
    label, estate = run
    waits = sorted(estate.push_waits)
    shown = (waits[len(waits) // 2 - 1], waits[len(waits) * 99 // 100 - 1], waits[-1])
    gone_back = estate.figures().gone_back / len(waits)
    return (label, f"{len(waits)}", *map(after, shown), f"{gone_back:.1f}")


def _detected(run: Punctual) -> tuple[str, ...]:
    label, estate = run
    lags = estate.stop_lags()
    mean = sum(lags, timedelta()) / len(lags)
    return (
        label,
        f"{estate.sweeps}",
        f"{estate.anchore.asked.total():,}",
        f"{estate.anchore.asked['vuln']:,}",
        f"{len(lags)}",
        after(mean),
        after(max(lags)),
    )


def _saved(detected: Sequence[Punctual]) -> str:
    """What Refresh at feed spares Anchore."""
    always, feed = (estate for _, estate in detected[-2:])
    scans = always.anchore.asked["vuln"] - feed.anchore.asked["vuln"]
    share = scans / always.anchore.asked["vuln"]
    seconds = scans * (always.scenario.scan_seconds - always.scenario.list_seconds)
    return (
        f"Refresh at feed makes a plain read of {scans:,} forced scans, {share:.0%}: {seconds:,.0f}"
        f" s\n  of Anchore's at these times. The requests are as many, and the STOPs the same."
    )


def _flooded(flood: Flood) -> tuple[str, ...]:
    label, figures = flood
    return (
        label,
        f"{figures.stopped:,}",
        f"{figures.published.get(EventType.STOP, 0)}",
        f"{figures.published.get(EventType.REMINDER, 0)}",
        f"{figures.alone}",
        f"{figures.most_in_an_hour}",
        after(figures.longest_wait),
    )
