"""Mounts, loop devices and the kernel's messages, without a process for each: a guest takes long to make one."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager

LIBC = ctypes.CDLL(None, use_errno=True)
# linux/mount.h
READ_ONLY = 1
# linux/loop.h
LOOP_CONFIGURE, LOOP_CTL_GET_FREE, LOOP_CLR_FD = 0x4C0A, 0x4C82, 0x4C01
CONFIGURATION = struct.Struct("=II 52x I 176x 64x")  # fd, block_size, of loop_info64 lo_flags; the rest is zero
READ_ONLY_LOOP = 1
# syslog(2)
READ_ALL, CLEAR, SIZE = 3, 5, 10
STAMP = re.compile(r"^<\d+>(\[ *[\d.]+\] )?")


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


@contextmanager
def mounted(device: str, kind: str, options: str, folder: str) -> Iterator[None]:
    """Mount a device as mount(8) does with these options, of which ro is the only one that is no file system's own."""
    words = options.split(",") if options else []
    own = ",".join(word for word in words if word != "ro")
    flags = READ_ONLY if "ro" in words else 0
    os.makedirs(folder, exist_ok=True)
    paths = [name.encode() for name in (device, folder, kind)]
    _check(LIBC.mount(*paths, ctypes.c_ulong(flags), own.encode()), f"mount -t {kind} -o {options} {device}")
    try:
        yield
    finally:
        _check(LIBC.umount2(folder.encode(), 0), f"umount {folder}")


@contextmanager
def loop_device(image: str, block: int) -> Iterator[str]:
    """Make a file a read-only block device with blocks of so many bytes."""
    control = os.open("/dev/loop-control", os.O_RDWR)
    path = f"/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}"
    os.close(control)
    file, device = os.open(image, os.O_RDONLY), os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(device, LOOP_CONFIGURE, CONFIGURATION.pack(file, block, READ_ONLY_LOOP))
        try:
            yield path
        finally:
            fcntl.ioctl(device, LOOP_CLR_FD)
    finally:
        os.close(file)
        os.close(device)


def forget_messages() -> None:
    """Let `messages` begin anew."""
    _check(LIBC.klogctl(CLEAR, None, 0), "syslog")


def messages() -> list[str]:
    """Return what the kernel has said, without times."""
    buffer = ctypes.create_string_buffer(_check(LIBC.klogctl(SIZE, None, 0), "syslog"))
    length = _check(LIBC.klogctl(READ_ALL, buffer, len(buffer)), "syslog")
    return [STAMP.sub("", line) for line in buffer.raw[:length].decode("utf-8", "replace").splitlines()]
