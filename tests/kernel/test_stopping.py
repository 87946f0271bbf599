"""A stop (Ctrl-Z, SIGSTOP) wakes who waits for the sg driver; what he waits for must not be begun again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

Attaching = Callable[..., AbstractContextManager[Any]]


SLOW = "dvd+r?realtime=20&speed=0.1&buffer=65536"  # its first WRITE takes a third of a second


def test_a_write_goes_out_once_though_its_process_is_stopped_meanwhile(kernel: Any, attaching: Attaching) -> None:
    """A second one would be refused: that part of the disc is written."""
    with attaching(SLOW) as attachment:
        node = attachment.drives[0].generic
        kernel.script("submit.py", node, '[{"cdb": "000000000000"}]')  # it has news at first
        assert kernel.script("stop.py", node).strip() == "stopped while it was under way: status 0"
