"""One job with one mishap, and what must hold however it ends.

It ends in finite time, with a typed error or a success that is one. After an error nothing new is written, the tray is
not locked, what was written is flushed or the error tells why it is not, the error tells where it happened and what
state the disc is in, and that is true. What lay on the disc before and was not to go still lies there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tap import Place

from discstack.mmc.aftermath import disc_is_lost
from discstack.mmc.errors import Cancelled, CommandError, DriveError, DriveTimeout
from discstack.mmc.spec.cdb import describe
from discstack.transport.base import TransportError
from sweep.heed import WATCH
from sweep.mishaps import Mishap
from sweep.nextday import goes_on
from sweep.remembering import looked_at
from sweep.subjects import Fresh, Images, Subject

WRITES = {b"\x2a", b"\xaa", b"\x2e"}
DATA = {b"\x28", b"\xbe", *WRITES}
FLUSH = {b"\x35"}
LOCK = bytes.fromhex("1e0000000100")
AFTERWARDS = (  # what an error says that leaves a disc behind
    *("the disc is now", "the disc is not done yet", "afterwards also", "what was to be done is done"),
    "the disc is in is not known",
)
LONGEST = 8 * 3600.0  # on the drive's clock; the longest wait for a format has an end before that


Spot = tuple[Place, bytes, int]


class Finding(AssertionError):
    """Something that must not be."""


@dataclass(frozen=True)
class Rehearsal:
    """A job without mishaps: its commands, where in the code they came from, and what of the disc it leaves alone."""

    seen: list[bytes]
    places: dict[int, Place]
    kept: Images


def rehearse(fresh: Fresh) -> Rehearsal:
    subject = fresh()
    subject.tap.places = {}
    subject.work()
    seen, places = list(subject.tap.seen), subject.tap.places
    subject.tap.places = None
    subject.check()
    after = subject.after()
    kept = {start: image for start, image in subject.before.items() if after.get(start) == image}
    subject.close()
    return Rehearsal(seen, places, kept)


def positions(seen: list[bytes]) -> list[int]:
    """Number the commands from 1, less what is more of the same.

    Of commands that are sent again and again the first and the last are kept, of the WRITEs and READs of a run of data
    the first two and the last.
    """
    places: dict[bytes, list[int]] = {}
    for number, cdb in enumerate(seen, 1):
        places.setdefault(cdb[:1] if cdb[:1] in DATA else cdb, []).append(number)
    kept = [numbers[: 2 if kind in DATA else 1] + numbers[-1:] for kind, numbers in places.items()]
    return sorted({number for numbers in kept for number in numbers})


def spots(rehearsal: Rehearsal) -> Iterator[tuple[int, Spot]]:
    """Number the commands that are not more of the same, each with what it differs from others in.

    That is its place in the code, which is the chain of procedures that wait for its answer: what becomes of a failure
    is their business. Of a run of data the first, the second and the last command count as places of their own.
    """
    numbers, seen = positions(rehearsal.seen), rehearsal.seen
    data = [number for number in numbers if seen[number - 1][:1] in DATA]
    for number in numbers:
        kind = seen[number - 1][:1]
        rank = [n for n in data if seen[n - 1][:1] == kind].index(number) if kind in DATA else 0
        yield number, (rehearsal.places[number], kind, rank)


def attempt(subject: Subject) -> BaseException | None:
    """Do the work; return the error that it may end in. Any other comes through, and is a finding."""
    try:
        subject.work()
    except (DriveError, TransportError, KeyboardInterrupt) as error:
        return error
    return None


def strike(fresh: Fresh, number: int, mishap: Mishap, rehearsal: Rehearsal) -> None:
    """Let that happen to one command; raises Finding. After an end before its time the next day comes, too."""
    subject = fresh()
    where = f"command {number} ({describe(rehearsal.seen[number - 1])}) with {mishap.name}"
    mishap.arm(subject.tap, number)
    WATCH.begin(mishap.sense)
    began = subject.tap.clock.now()
    failure = None
    try:
        failure = attempt(subject)
        expect(subject.tap.clock.now() - began < LONGEST, "it takes for ever")
        if failure is None:
            _check_success(subject, mishap)
        else:
            expect(not mishap.harmless, "it does not go on")
            _check_failure(subject, number, mishap, failure, rehearsal)
            if (mishap.lost or mishap.owner) and subject.tap.recall("the next day", lambda: goes_on(subject)):
                check_kept(subject, rehearsal.kept)
    except Exception as error:
        raise Finding(f"{where}: {type(error).__name__}: {error} [after {failure!r}]") from error
    finally:
        subject.close()


def expect(truth: object, what: str) -> None:
    if not truth:
        raise Finding(what)


def _check_success(subject: Subject, mishap: Mishap) -> None:
    expect(not mishap.deadly, "a false success")
    subject.tap.spare()
    expect(not subject.tap.locked, "the tray stays locked")
    subject.check()


def _check_failure(subject: Subject, number: int, mishap: Mishap, failure: BaseException, rehearsal: Rehearsal) -> None:
    tap = subject.tap
    written = [at for at, cdb in enumerate(tap.seen, 1) if cdb[:1] in WRITES]
    told = " ".join([str(failure), *getattr(failure, "__notes__", ())])
    lost = mishap.lost or disc_is_lost(failure)
    expect(isinstance(failure, KeyboardInterrupt) == mishap.name.startswith("interrupt"), "an interruption of nobody")
    expect(not isinstance(failure, Cancelled) or mishap.name == "cancel", "a cancel that nobody wished")
    # what goes on a little, or is refused for ever
    taken = () if mishap.name == "cancel" or mishap.lasting else written
    expect(not any(at > number for at in taken), "something was written after it")
    tap.spare()
    expect(mishap.lost or mishap.lasting or not tap.locked, "the tray stays locked")
    if written and not lost and not isinstance(failure, DriveTimeout):
        flushed = any(cdb[:1] in FLUSH for cdb in tap.seen[written[-1] :])
        expect(flushed or "afterwards also" in told, "what was written is not flushed")
    expect(str(failure) or isinstance(failure, KeyboardInterrupt), "it tells nothing")
    if LOCK in tap.seen[: number - 1]:
        expect(any(words in told for words in AFTERWARDS), "nothing tells what the disc is now")
    if isinstance(failure, CommandError) and failure.cdb[:1] in WRITES:
        expect("LBA" in told or "lba=" in told, "nothing tells where writing failed")
    if not (mishap.lost or mishap.lasting):
        check_report(subject, failure)
    check_kept(subject, rehearsal.kept)


def check_report(subject: Subject, failure: BaseException) -> None:
    """Hold what the error says of the disc against the disc."""
    told = failure.medium if isinstance(failure, DriveError) else None
    if told is None:
        return
    now = looked_at(subject.lab, subject.tap)
    said, true = ((s.state, s.sessions, s.open_session, s.next_writable_address) for s in (told, now))
    expect(said == true, f"it says that the disc is {told}, but it is {now}")


def check_kept(subject: Subject, kept: Images) -> None:
    """See that what was on the disc before still is, where the job is not to take it away."""
    for start, (seed, blocks) in kept.items():
        expect(
            subject.tap.on_disc(start, blocks) == subject.lab.image(blocks, seed), f"blocks from {start} on are gone"
        )
