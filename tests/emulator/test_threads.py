"""Several threads on one virtual drive."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Load = Callable[..., Any]


def test_commands_of_several_threads_do_not_mix(load: Load) -> None:
    host = load("bd-re")
    host.format(0, 0)

    def write_and_read(worker: int) -> bool:
        lba = worker * 1024
        return all(
            host.write(lba + at, 32, fill=worker) == b"" and host.read(lba + at, 32) == bytes([worker]) * 65536
            for at in range(0, 1024, 32)
        )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(write_and_read, range(1, 5)))
