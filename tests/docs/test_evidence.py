"""docs/evidence.md shows in short what the generated pages say, and says nothing else."""

import re

from tests.support.paths import ROOT

DOCS = ROOT / "docs"
EVIDENCE = (DOCS / "evidence.md").read_text()
FAULTS = (DOCS / "faults.md").read_text()
SIMULATION = (DOCS / "simulation.md").read_text()
CONFORMANCE = (DOCS / "conformance.md").read_text()
MUTANTS = (DOCS / "mutants.md").read_text()


def table(text: str, first: str) -> list[list[str]]:
    """The rows of the first table whose head begins with this column; the head comes first."""
    lines = text.partition(f"| {first} |")[2].partition("\n\n")[0].splitlines()
    rows = [f"| {first} |{lines[0]}", *lines[2:]]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


# --- make faults


def test_every_kind_of_fault_is_shown() -> None:
    shown, written = (table(text, "what fails")[1:] for text in (EVIDENCE, FAULTS))
    assert shown == [row[:4] for row in written]


def test_the_stories_are_counted_and_nothing_vanished() -> None:
    rows = table(FAULTS, "what fails")[1:]
    assert f" {sum(int(row[1]) for row in rows)} stories " in EVIDENCE
    assert {row[-1] for row in rows} == {"0"}


# --- make simulation


def test_every_figure_of_the_simulation_is_shown() -> None:
    head, *written = table(SIMULATION, "workers")
    columns = [head.index(name) for name in ("workers", "Anchore calls", "peak in flight")]
    columns += [head.index(name) for name in ("published", "last")]
    by_workers = {row[0]: [row[column] for column in columns] for row in written}
    shown = table(EVIDENCE, "workers")[1:]
    assert shown == [by_workers[row[0]] for row in shown]
    assert len(shown) == 3


def test_pushes_and_feeds_are_shown_with_their_times_before_and_after() -> None:
    shown = EVIDENCE.partition("at the defaults, 99 of 100")[2].partition("\n\n")[0]
    head, before, _, after, analyzed = table(SIMULATION, "lanes")
    within = head.index("99 of 100 within")
    told = [after[within], before[within], analyzed[within]]
    head, schedule, clock, _ = table(SIMULATION, "what begins a sweep")
    mean = head.index("mean from feed to STOP")
    told += [clock[mean], schedule[mean]]
    assert re.findall(r"\d+ (?:h|min|s)\b(?: \d+ (?:min|s)\b)?", shown) == told


# --- make conformance


def verdicts(text: str) -> dict[str, list[str]]:
    """What each referee finds of each branch."""
    rows = table(text, "branch")[1:]
    return {branch: found for first, *found in rows for branch in re.findall(r"`(\w+)`", first)}


def test_every_referee_is_shown() -> None:
    assert table(EVIDENCE, "branch")[0] == table(CONFORMANCE, "branch")[0]
    assert verdicts(EVIDENCE) == verdicts(CONFORMANCE)
    assert len(verdicts(CONFORMANCE)) > 10


def test_the_inputs_that_were_tried_are_counted() -> None:
    (tried,) = re.findall(r"^\| together \| ([\d,]+) \|", CONFORMANCE, re.MULTILINE)
    assert f" {tried} fuzzed inputs " in EVIDENCE


def test_the_descriptions_that_every_request_is_valid_in_are_counted() -> None:
    versions = table(CONFORMANCE, "API")[1:]
    first, last = versions[0][0], versions[-1][0]
    assert f"{len(versions)} descriptions" in EVIDENCE
    assert f"{first} to {last}." in EVIDENCE.replace("\n", " ")
    assert "differs" not in str(versions)


# --- make mutants


def test_as_many_mutants_are_found_as_is_said_and_the_others_have_a_reason() -> None:
    head, *targets = table(MUTANTS, "target")
    shown = EVIDENCE.partition("## Lives and mutants")[2].partition("\n## ")[0].replace("\n", " ")
    (least,) = re.findall(r"They find at least (\d+) of 100 mutants of each", shown)
    assert len(targets) == 7
    assert all(row[0] in shown for row in targets)
    assert all(float(row[head.index("score")].strip(" %")) >= int(least) for row in targets)
    assert "no reason yet" not in MUTANTS


# --- what nobody has confirmed


def test_the_page_says_that_neither_anchore_nor_aws_was_a_live_one() -> None:
    section = EVIDENCE.partition("## What nobody has confirmed yet")[2]
    assert "Nothing above has met a live Anchore or a live AWS." in section
    assert "its recordings are made" in section
    assert "*not tried*" in section
    assert any("| not tried: " in row for row in (DOCS / "aws-rules.md").read_text().splitlines())
