"""Signatures taken over, where a function hands all that it is given on to another one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
S = TypeVar("S")
R = TypeVar("R")


def parameters_of(
    model: Callable[P, object],
) -> Callable[[Callable[Concatenate[S, ...], R]], Callable[Concatenate[S, P], R]]:
    """Let a method be seen with the parameters of `model`: by type checkers, by editors and by `help`."""
    parameters = inspect.signature(model).parameters.values()

    def taken_over(method: Callable[Concatenate[S, ...], R]) -> Callable[Concatenate[S, P], R]:
        own = inspect.signature(method)
        itself = next(iter(own.parameters.values()))
        vars(method)["__signature__"] = own.replace(parameters=[itself, *parameters])
        return method

    return taken_over
