"""Maps the layer folders into the one package `discstack` and declares the cffi modules."""

import sys
import sysconfig

from setuptools import find_packages, setup

LAYERS = ["mmc", "fs", "transport", "emulator", "native"]
API_SUBPACKAGES = ["audio", "cli", "graphs"]

cffi_modules = ["native/src/native_build.py:ffibuilder"]
if sys.platform == "linux":
    cffi_modules.append("native/src/sgio_build.py:ffibuilder")
abi3 = {} if sysconfig.get_config_var("Py_GIL_DISABLED") else {"py_limited_api": "cp311"}
layer_packages = find_packages(include=[*LAYERS, *(f"{layer}.*" for layer in LAYERS)])

setup(
    packages=["discstack", *(f"discstack.{name}" for name in [*API_SUBPACKAGES, *layer_packages])],
    package_dir={"discstack": "api", **{f"discstack.{layer}": layer for layer in LAYERS}},
    cffi_modules=cffi_modules,
    options={"bdist_wheel": abi3},
)
