"""Rows of the sweep: each medium, each way to write it, each way to go on (`variants.py`)."""

from __future__ import annotations

from laboratory import Lab
from tap import Tap
from variants import (
    FILLED,
    MORE_LAYERS,
    VARIANTS,
    Bench,
    Variant,
    break_off,
    break_off_at_once,
    break_off_packets,
)

from discstack.emulator.states import state_of
from sweep.remembering import Past, looked_at
from sweep.subjects import Fresh, Row, Subject

# Sizes that let the last layer be reached, a background format run on, and two sessions of a CD fit
CAPACITY = {"dvd-r-dl": 64, "dvd+rw": 2295104, "dvd-ram": 4096, "bd-re": 4096, "cd-r": 30000, "cd-rw": 30000}
USUAL = 65536
BROKEN = {break_off, break_off_packets, break_off_at_once}  # what no copy of the disc tells of its drive
MEDIA = {**{medium: medium for medium in VARIANTS}, **MORE_LAYERS}
ROWS = [(medium, section) for medium, page in MEDIA.items() for section in VARIANTS[page]]


def media_row(medium: str, section: str) -> Row:
    capacity = FILLED.get(section, CAPACITY.get(medium, USUAL))
    return Row(f"{medium}: {section}", lambda lab: prepare(lab, medium, capacity, VARIANTS[MEDIA[medium]][section]))


def prepare(lab: Lab, medium: str, capacity: int, variant: Variant) -> Fresh:
    """Take the steps before the last one, and return what makes drives with such a disc: copies, where that will do."""
    before = variant.steps[:-1]

    def anew() -> Bench:
        bench = Bench(lab, lab.drive(medium, capacity, speed=4))
        for step in before:
            step(bench)
        return bench

    ready = anew()
    state = state_of(ready.tap.inner.drive.medium)
    copied = before and not BROKEN.intersection(before) and state != "being formatted"  # which no copy goes on with

    def drive() -> Tap:
        tap = lab.copy_of(ready.tap, medium, capacity, speed=4) if copied else anew().tap
        tap.seen.clear()
        return tap

    past = Past(lab, drive)

    def fresh() -> Subject:
        return _subject(Bench(lab, past.tap(), dict(ready.images), ready.burns), variant)

    return fresh


def _subject(bench: Bench, variant: Variant) -> Subject:
    return Subject(
        bench.lab,
        bench.tap,
        lambda: variant.steps[-1](bench),
        lambda: is_as_told(bench, variant),
        dict(bench.images),
        lambda: bench.images,
    )


def is_as_told(bench: Bench, variant: Variant) -> None:
    status = looked_at(bench.lab, bench.tap)
    assert (status.state, status.sessions, status.open_session) == (variant.state, variant.sessions, variant.open)
    bench.check()
