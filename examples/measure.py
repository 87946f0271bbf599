"""Measure how fast a drive takes data: `python examples/measure.py [DRIVE [MEBIBYTES]]`.

Writes zeros to an EMPTY disc (a virtual one without arguments) and shows the speed over the disc, from the events.
"""

import sys

import discstack

SECTOR = 2048
WIDTH = 50


class Zeros:
    """An image of zeros; anything with `sectors` and `readinto` can be written."""

    def __init__(self, mebibytes: int) -> None:
        self.sectors = mebibytes * (1 << 20) // SECTOR

    def readinto(self, buffer: memoryview) -> int:
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def measure(address: str, mebibytes: int) -> None:
    curve: list[discstack.Writing] = []

    def collect(event: discstack.Event) -> None:
        if isinstance(event, discstack.Writing):
            curve.append(event)

    with discstack.open(address) as recorder:
        writer = discstack.DataWriter(recorder, verify=discstack.VerifyLevel.NONE)
        result = writer.write(Zeros(mebibytes), on_event=collect)

    fastest = max((point.speed for point in curve), default=0.0) or 1.0
    for point in curve[:: max(len(curve) // 20, 1)]:
        bar = "#" * round(point.speed / fastest * WIDTH)
        print(f"{point.sectors * SECTOR / 1e6:9.1f} MB  {point.speed / 1e6:7.2f} MB/s  {bar}")
    counters = result.counters
    print(f"{mebibytes} MiB in {result.seconds:.1f} s on the drive's clock; {counters.commands} commands, ", end="")
    print(
        f"{counters.stalls} stalls, {counters.busy} busy answers, slowest command {counters.latency_max * 1e3:.1f} ms"
    )


if __name__ == "__main__":
    measure(
        sys.argv[1] if len(sys.argv) > 1 else "virtual:dvd+rw",
        int(sys.argv[2]) if len(sys.argv) > 2 else 256,
    )
