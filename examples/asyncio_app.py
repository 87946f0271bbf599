"""Burn in an asyncio program, on two drives at once, with progress and cancel: `python examples/asyncio_app.py`.

A job blocks the thread that runs it, tells its events there, and may be cancelled from any other. So it gets a thread;
its events come into the loop by `call_soon_threadsafe`; and a task that is cancelled cancels its job and waits for it
while the loop goes on, so that the drive is left in a known state, which the error says. (Whoever cancels a bare
`asyncio.to_thread` is told nothing: the burn goes on in its thread, and the program waits for it before it ends.) The
drives are virtual: one takes no time, the other is cancelled.
"""

import asyncio
import tempfile
from pathlib import Path

import discstack


class Bar:
    """What a window would show of one drive."""

    def __init__(self, name: str) -> None:
        self.name, self.phases, self.fraction = name, list[str](), 0.0
        self.writing = asyncio.Event()

    def update(self, event: discstack.Event) -> None:
        match event:
            case discstack.PhaseStarted(phase=phase):
                self.phases.append(phase.value)
            case discstack.Writing(fraction=fraction):
                self.fraction = fraction
                self.writing.set()
            case discstack.Notice(message=message):
                print(f"{self.name}: note: {message}")


async def burn(recorder: discstack.Recorder, folder: Path, bar: Bar) -> discstack.BurnResult:
    """Burn a folder; whoever cancels the task cancels the burn, and finds as the cause what became of the disc."""
    loop = asyncio.get_running_loop()

    def on_event(event: discstack.Event) -> None:
        loop.call_soon_threadsafe(bar.update, event)

    def work() -> discstack.BurnResult:
        image = discstack.FileSystemImage(volume_id="ASYNCIO")
        image.choose_defaults(recorder)
        image.root.add_tree(folder)
        return writer.write(image.create_result(), on_event=on_event)

    writer = discstack.DataWriter(recorder)
    job = asyncio.create_task(asyncio.to_thread(work))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        writer.cancel()
        try:
            await job
        except discstack.Cancelled as ended:
            raise asyncio.CancelledError from ended
        raise


async def main(folder: Path) -> None:
    with discstack.open("virtual:dvd+r") as quick, discstack.open("virtual:dvd-r?realtime=20&speed=1") as slow:
        bars = Bar("quick"), Bar("slow")
        done = asyncio.create_task(burn(quick, folder, bars[0]))
        long = asyncio.create_task(burn(slow, folder, bars[1]))
        result = await done
        print(f"quick: {', '.join(bars[0].phases)}: {result.verified} sectors read back and right")

        await bars[1].writing.wait()
        long.cancel()  # the button
        try:
            await long
        except asyncio.CancelledError as cancelled:
            ended = cancelled.__cause__
            print(f"slow: at {bars[1].fraction:.0%}: {ended}", *getattr(ended, "__notes__", ()), sep="\n  ")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "noise.bin").write_bytes(bytes(range(256)) * 200_000)
        asyncio.run(main(Path(scratch)))
