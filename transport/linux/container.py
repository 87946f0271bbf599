"""What contains this process, and whether uevents get in."""

from __future__ import annotations

from typing import Final

from discstack.transport.linux.roots import Roots, read_text

CONTROL: Final = "/run/udev/control"  # where udev's daemon listens
EVERY_USER: Final = ["0", "0", "4294967295"]  # the map of the first user namespace


def container_of(roots: Roots) -> str:
    """Name what contains this process; empty where nothing seems to."""
    signs = {
        "Docker": (roots.etc.parent / ".dockerenv").exists(),
        "Podman": (roots.run / ".containerenv").exists(),
        "a container of systemd's": (roots.run / "systemd/container").exists(),
        "WSL": "microsoft" in read_text(roots.proc / "sys/kernel/osrelease").lower(),
    }
    return next((name for name, there in signs.items() if there), "")


def hears_udev(roots: Roots) -> bool:
    """Whether udev's messages get here: they stay in its own network namespace, as its socket does."""
    sockets = read_text(roots.proc / "self/net/unix").splitlines()
    return any(line.endswith(f" {CONTROL}") for line in sockets)


def hears_kernel(roots: Roots) -> bool:
    """Whether the kernel's uevents get here: not into the network namespaces of other user namespaces."""
    return read_text(roots.proc / "self/uid_map").split() in ([], EVERY_USER)
