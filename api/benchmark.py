"""Measuring a drive: reading, test writing or writing, by size of the commands, size of the ring, and speed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from discstack.curve import Curve, CurveRecorder, Sample
from discstack.disc_reader import DiscReader
from discstack.job import Job
from discstack.measurement import BenchmarkKind, Setting, Trial, binary
from discstack.mmc.burn import burn
from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import DiscStateError, MediumNotBlank, UnsupportedMedium
from discstack.mmc.identify import open_work
from discstack.mmc.job import BurnJob, VerifyLevel
from discstack.mmc.media import RECIPES
from discstack.mmc.medium import Action, DiscState
from discstack.mmc.polling import wait_ready
from discstack.mmc.procedure import Checkpoint, Now, Phase, Procedure, Report
from discstack.mmc.read_speed import at_read_speed
from discstack.mmc.timed_reading import ReadMoment, timed_read

if TYPE_CHECKING:
    from discstack.events import Event, EventHandler
    from discstack.mmc.medium import MediumStatus
    from discstack.recorder import Recorder

__all__ = ["Benchmark", "Pattern"]

DEFAULT_SECTORS: Final = 128 << 10  # 256 MiB
_ANYWHERE: Final = {DiscState.OVERWRITABLE, DiscState.INTERMEDIATE, DiscState.UNFORMATTED}


class Pattern:
    """A source of data that costs next to nothing: the same random bytes again and again."""

    def __init__(self, sectors: int) -> None:
        self.sectors = sectors
        self._block = memoryview(Random(sectors).randbytes(1 << 20))
        self._done = 0

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer as far as there are sectors left."""
        size = min(len(buffer), self.sectors * BLOCK_SIZE - self._done)
        at = 0
        while at < size:
            piece = self._block[(self._done + at) % len(self._block) :][: size - at]
            buffer[at : at + len(piece)] = piece
            at += len(piece)
        self._done += size
        return size


class Benchmark(Job):
    """Measures a drive with the disc in it. One thread at a time may run it; `cancel` may be called from any.

    `sectors` are moved in each trial, from `start` on when reading. Each of the `settings` is tried `repeat` times, in
    turns, so that slow changes meet all of them alike. Writing needs room for all trials on a disc that is written once
    (each becomes a session); `erase` permits that the data on a rewritable one is lost, `append` that sessions behind
    what a disc holds hide that from who looks at the last one. `trials` are those that are done, also after an error.
    """

    def __init__(
        self,
        recorder: Recorder,
        kind: BenchmarkKind,
        *,
        sectors: int = DEFAULT_SECTORS,
        start: int = 0,
        settings: Sequence[Setting] = (Setting(),),
        repeat: int = 3,
        erase: bool = False,
        append: bool = False,
    ) -> None:
        super().__init__(recorder)
        if sectors < 1 or repeat < 1 or not settings:
            raise ValueError("a benchmark needs sectors, settings and a number of trials")
        self.kind, self.sectors, self.start = kind, sectors, start
        self.settings, self.repeat = tuple(settings), repeat
        self.erase, self.append = erase, append
        self.trials: list[Trial] = []

    @staticmethod
    def kind_for(medium: MediumStatus) -> BenchmarkKind:
        """Return what can be measured with a disc without changing it; raise MediaError where there is nothing."""
        recipe = RECIPES.get(medium.profile)
        if medium.used_blocks or medium.state in (DiscState.FINALIZED, DiscState.READ_ONLY):
            return BenchmarkKind.READ
        if medium.state in _ANYWHERE and not medium.blank:
            return BenchmarkKind.READ
        if recipe is not None and recipe.simulates and medium.state in (DiscState.BLANK, DiscState.APPENDABLE):
            return BenchmarkKind.SIMULATE
        raise UnsupportedMedium(
            f"there is nothing to read, no test writing, and nothing is written unless that is asked for: {medium}"
        )

    def run(self, *, on_event: EventHandler | None = None) -> list[Trial]:
        """Measure and return all trials. Blocks until they are done.

        Raises MediaError if the disc does not suit, before anything is written, ValueError for sizes that no command
        has, CommandError and TransportError if the drive fails, Cancelled after `cancel`.
        """
        self.trials = []
        watch = _Watch(on_event)
        with self._cancellation.job():
            if self.kind is BenchmarkKind.READ:
                runs = self._readable()
                self._run(self._all(watch, runs), watch, write=False)
            else:
                medium = self.recorder.medium()
                self._check_data(medium)
                self._check_room(medium)
                self._run(self._all(watch, None), watch)
        return self.trials

    def _readable(self) -> list[range]:
        """Return the runs of blocks to read: `sectors` of what is recorded from `start` on, as far as there are."""
        reader = DiscReader(self.recorder)
        recorded = reader.recorded()
        runs, left = list[range](), self.sectors
        for run in reader.runs(range(self.start, recorded.stop)):
            runs.append(run[:left])
            left -= len(runs[-1])
            if not left:
                break
        if not runs:
            raise DiscStateError(f"nothing is recorded at sector {self.start}, only up to {recorded.stop - 1}")
        return runs

    def _check_data(self, medium: MediumStatus) -> None:
        """Refuse to hide what is on a medium behind sessions that are of no use to anybody."""
        hides = self.kind is BenchmarkKind.WRITE and medium.state is DiscState.APPENDABLE and not medium.blank
        if hides and not (self.append or (self.erase and Action.ERASE in medium.actions)):
            raise MediumNotBlank(f"the medium holds data, which a session of test data would hide ({medium})")

    def _check_room(self, medium: MediumStatus) -> None:
        """Refuse a medium that not all of the trials fit on, as far as that is known beforehand."""
        recipe = RECIPES.get(medium.profile)
        if recipe is None or medium.state in _ANYWHERE or (self.erase and Action.ERASE in medium.actions):
            return
        number = len(self.settings) * self.repeat
        times = 1 if self.kind is BenchmarkKind.SIMULATE else number
        needed = times * self.sectors + (times - 1) * recipe.session_gap
        if medium.next_writable_address is not None and needed > medium.free_blocks:
            raise UnsupportedMedium(
                f"{number} trials of {self.sectors} sectors need {needed}, and {medium.free_blocks} are free ({medium})"
            )

    def _all(self, watch: _Watch, runs: list[range] | None) -> Procedure[None]:
        """Try all settings in turns: read these blocks, or write where there are none."""
        began = yield Now()
        for _ in range(self.repeat):
            for setting in self.settings:
                yield Checkpoint()
                watch.begin(_title(self.kind, len(self.trials) + 1, setting), (yield Now()) - began)
                trial = yield from (self._write(setting, watch) if runs is None else self._read(setting, runs, watch))
                self.trials.append(trial)

    def _read(self, setting: Setting, runs: list[range], watch: _Watch) -> Procedure[Trial]:
        yield from wait_ready(cancellable=True)
        reading = timed_read(runs, setting.transfer_bytes)
        moments = yield from at_read_speed(setting.speed, reading, Phase.READING)
        yield Report(Phase.DONE)
        facts = {"transfer": moments[0].blocks // moments[0].commands * BLOCK_SIZE}
        curve = replace(watch.end(), samples=tuple(_samples(moments)), facts=facts)
        seconds, cpu = moments[-1].elapsed, watch.cpu[Phase.READING]
        size = sum(map(len, runs)) * BLOCK_SIZE
        return Trial(setting=setting, start=runs[0].start, size=size, seconds=seconds, cpu_seconds=cpu, curve=curve)

    def _write(self, setting: Setting, watch: _Watch) -> Procedure[Trial]:
        job = self._job(setting, (yield from open_work()).status)
        result = yield from burn(job)
        return Trial(
            setting=setting,
            start=result.start,
            size=(result.blocks + result.padding) * BLOCK_SIZE,
            seconds=result.seconds,
            cpu_seconds=watch.cpu[Phase.BUFFERING] + watch.cpu[Phase.WRITING],
            curve=watch.end(),
        )

    def _job(self, setting: Setting, status: MediumStatus) -> BurnJob:
        """Return the burn of one trial: behind what is there, where that is possible, else over it."""
        anywhere = status.state in _ANYWHERE
        appends = status.state is DiscState.APPENDABLE and status.free_blocks > self.sectors
        ours = anywhere and bool(self.trials)
        return BurnJob(
            source=Pattern(self.sectors),
            start=(status.next_writable_address or 0) if appends else 0,
            erase=(self.erase and not appends) or ours,
            simulate=self.kind is BenchmarkKind.SIMULATE,
            speed=setting.speed,
            verify=VerifyLevel.NONE,
            ring_bytes=setting.ring_bytes,
            transfer_bytes=setting.transfer_bytes,
        )


def _title(kind: BenchmarkKind, number: int, setting: Setting) -> str:
    words = (
        f"commands of {binary(setting.transfer_bytes)}" if setting.transfer_bytes else "",
        f"ring of {binary(setting.ring_bytes)}" if setting.ring_bytes else "",
        f"{setting.speed} kB/s" if setting.speed else "",
    )
    return ", ".join([f"{kind.value} {number}", *filter(None, words)])


class _Watch:
    """Takes the events of all trials: makes a curve of each, and counts the CPU time of its phases."""

    def __init__(self, then: EventHandler | None) -> None:
        self._then = then
        self.begin("", 0.0)

    def begin(self, title: str, elapsed: float) -> None:
        """Start a trial, so many seconds after the job began."""
        self._origin = elapsed
        self._recorder = CurveRecorder(title)
        self._phase: Phase | None = None
        self._since = time.process_time()
        self.cpu: dict[Phase, float] = {}

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        from discstack.events import PhaseStarted

        if isinstance(event, PhaseStarted):
            self._enter(event.phase)
        self._recorder(replace(event, elapsed=event.elapsed - self._origin))
        if self._then is not None:
            self._then(event)

    def _enter(self, phase: Phase | None) -> None:
        now = time.process_time()
        if self._phase is not None:
            self.cpu[self._phase] = self.cpu.get(self._phase, 0.0) + now - self._since
        self._phase, self._since = phase, now

    def end(self) -> Curve:
        """Return the curve of the trial that is done."""
        self._enter(None)
        return self._recorder.curve()


def _samples(moments: Sequence[ReadMoment]) -> list[Sample]:
    nothing: dict[str, Any] = dict.fromkeys(("ring_fill", "ring_size", "drive_fill", "drive_buffer"), 0)
    waits: dict[str, Any] = {"stalls": 0, "stall_time": 0.0, "busy": 0, "busy_time": 0.0}
    samples, before, longest = [], 0.0, 0.0
    for moment in moments:
        seconds = moment.elapsed - before
        before, longest = moment.elapsed, max(longest, moment.latency_max)
        samples.append(
            Sample(
                elapsed=moment.elapsed,
                lba=moment.lba,
                speed=moment.blocks * BLOCK_SIZE / seconds if seconds else 0.0,
                transferred=moment.blocks * BLOCK_SIZE,
                commands=moment.commands,
                latencies=moment.latencies,
                latency_max=longest,
                file=None,
                **nothing,
                **waits,
            )
        )
    return samples
