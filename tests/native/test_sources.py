"""The C code as compilers see it: for Linux with 64 and with 32 bits, and for Windows."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
SRC: Final = HERE.parent.parent / "native" / "src"
WARNINGS: Final = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla", "-Wstrict-prototypes", "-Werror"]
POSIX: Final = {"files.c", "folders.c", "pieces.c", "sgio.c"}
WIDE_FILES: Final = ["-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64"]
COMPILERS: Final = {
    "linux": ["cc"],
    "linux of 32 bits": ["cc", "-m32", "-Wno-psabi", *WIDE_FILES],
    "windows": ["x86_64-w64-mingw32-gcc", "-D_WIN32_WINNT=0x0A00"],
}


def sources(system: str) -> list[Path]:
    """Return what is compiled for a system."""
    windows = system == "windows"
    other = "_linux" if windows else "_windows"
    return [
        source
        for source in sorted(SRC.glob("*.c"))
        if not source.stem.endswith(other) and not (windows and source.name in POSIX)
    ]


@pytest.mark.parametrize("system", COMPILERS)
def test_no_compiler_warns_of_anything(system: str) -> None:
    subprocess.run([*COMPILERS[system], "-std=c11", "-fsyntax-only", *WARNINGS, *sources(system)], check=True)


# Linux before 5.1, of 32 bits
OLD_KERNEL: Final = """
#include <errno.h>
#include <sys/syscall.h>

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number != SYS_futex_time64)
		return __real_syscall(number, a, b, c, d, e, f);
	errno = ENOSYS;
	return -1;
}
"""


@pytest.mark.parametrize("old_kernel", [False, True])
def test_waits_last_as_long_where_only_times_have_64_bits(tmp_path: Path, old_kernel: bool) -> None:
    program, played = tmp_path / "ring_test", tmp_path / "old_kernel.c"
    played.write_text(OLD_KERNEL, encoding="utf-8")
    names = ("ring.c", "histogram.c", "feeder.c", "pace.c", "sense.c", "os_linux.c", "priority_linux.c")
    options = ["-std=c11", "-m32", *WIDE_FILES, "-O1", "-Wno-psabi", f"-I{SRC}", "-o", program]
    kernel = ["-Wl,--wrap=syscall", played] if old_kernel else []
    parts = [*kernel, HERE / "ring_test.c", *(SRC / name for name in names)]
    subprocess.run(["cc", *options, *parts, "-lpthread"], check=True)
    run = subprocess.run([program, "0"], capture_output=True, text=True, timeout=200, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
