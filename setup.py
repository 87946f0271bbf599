"""Maps the layer folders into the one package `discstack`; declares the cffi modules, or builds the DLL of Windows."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from setuptools import Distribution, find_packages, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import CCompilerError

LAYERS = ["mmc", "fs", "transport", "emulator", "native"]
API_SUBPACKAGES = ["audio", "cli", "graphs"]
# DISCSTACK_TARGET=win_amd64 builds for Windows on any system that has mingw-w64
TARGET = os.environ.get("DISCSTACK_TARGET", sysconfig.get_platform().replace("-", "_"))
SRC = Path("native/src")
DLL_SOURCES = [
    *("ring.c", "histogram.c", "feeder.c", "pace.c", "sense.c", "xxh3.c", "pump.c"),
    *("spti.c", "os_windows.c", "priority_windows.c"),
]
DLL_FLAGS = ["-std=c11", "-D_WIN32_WINNT=0x0A00", "-O2", "-s", "-shared", "-static-libgcc", "-Wl,--no-insert-timestamp"]
DLL_LIBRARIES = ["-lsynchronization", "-lwinmm"]


class BuildWithDll(build_py):
    """Puts the DLL beside the module that loads it."""

    def run(self) -> None:
        """Build; the compiler has to be that of mingw-w64."""
        super().run()
        names = ["x86_64-w64-mingw32-gcc", *(["gcc"] if sys.platform == "win32" else [])]
        compiler = next(filter(None, map(shutil.which, names)), None)
        if compiler is None:
            raise SystemExit(f"building discstack for Windows takes mingw-w64: there is no {' and no '.join(names)}")
        dll = Path(self.build_lib, "discstack/native/discstack.dll")
        sources = [str(SRC / name) for name in DLL_SOURCES]
        subprocess.run([compiler, *DLL_FLAGS, "-o", str(dll), *sources, *DLL_LIBRARIES], check=True)


class BuildWithCompiler(build_ext):
    """Builds the extension modules, and says what that takes where it fails."""

    def run(self) -> None:
        """Build."""
        try:
            super().run()
        except CCompilerError as error:
            needed = "building discstack takes a C compiler and Python's headers (Debian: gcc libc6-dev python3-dev)"
            raise SystemExit(f"{error}\n{needed}") from error


class PlatformWheel(bdist_wheel):
    """A wheel for any Python of one platform: a DLL does not know of Python."""

    def get_tag(self) -> tuple[str, str, str]:
        """Return the tag."""
        return "py3", "none", TARGET


class PlatformDistribution(Distribution):
    """A distribution that is not the same for all platforms."""

    def has_ext_modules(self) -> bool:
        """Whether it belongs to a platform."""
        return True


def for_windows() -> dict[str, Any]:
    """Return what is built for Windows: cffi in its ABI mode, and a DLL."""
    return {
        "cffi_modules": ["native/src/native_build.py:dll"],
        "cmdclass": {"build_py": BuildWithDll, "bdist_wheel": PlatformWheel},
        "distclass": PlatformDistribution,
        "options": {"build": {"build_base": f"build/{TARGET}"}},  # nothing of another platform gets in
    }


def for_linux() -> dict[str, Any]:
    """Return what is built for Linux: extension modules for the stable ABI."""
    abi3 = {} if sysconfig.get_config_var("Py_GIL_DISABLED") else {"py_limited_api": "cp311"}
    sgio = ["native/src/sgio_build.py:ffibuilder"] if sys.platform == "linux" else []
    return {
        "cffi_modules": ["native/src/native_build.py:ffibuilder", *sgio],
        "cmdclass": {"build_ext": BuildWithCompiler},
        "options": {"bdist_wheel": abi3},
    }


layer_packages = find_packages(include=[*LAYERS, *(f"{layer}.*" for layer in LAYERS)])
setup(
    packages=["discstack", *(f"discstack.{name}" for name in [*API_SUBPACKAGES, *layer_packages])],
    package_dir={"discstack": "api", **{f"discstack.{layer}": layer for layer in LAYERS}},
    **(for_windows() if TARGET == "win_amd64" else for_linux()),
)
