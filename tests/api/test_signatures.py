"""What type checkers and editors see is what there is."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import discstack
from discstack.emulator.burner import VirtualBurner, VirtualBurners
from discstack.emulator.open import open_virtual
from discstack.signatures import parameters_of

TAKEN_OVER = [
    (discstack.FileSystemImage, discstack.ImageOptions),
    (VirtualBurner, open_virtual),
    (VirtualBurners(), open_virtual),
]


@pytest.mark.parametrize(("taker", "model"), TAKEN_OVER)
def test_the_parameters_are_those_of_what_they_are_handed_on_to(
    taker: Callable[..., Any], model: Callable[..., Any]
) -> None:
    parameters = inspect.signature(taker).parameters
    assert parameters == inspect.signature(model).parameters
    assert len(parameters) > 10


def test_what_a_method_is_called_on_and_what_it_returns_stay_its_own() -> None:
    def model(first: int, *, second: bool = False) -> None: ...

    class Thing:
        @parameters_of(model)
        def method(self, *given: Any, **more: Any) -> tuple[Thing, Any, Any]:
            return self, given, more

    assert str(inspect.signature(Thing.method)) == (
        "(self, first: 'int', *, second: 'bool' = False) -> 'tuple[Thing, Any, Any]'"
    )
    thing = Thing()
    assert thing.method(1, second=True) == (thing, (1,), {"second": True})


def test_checkers_see_all_public_names_and_no_others() -> None:
    module = ast.parse(inspect.getsource(discstack))
    seen = next(node for node in module.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    imported = {alias.asname for node in seen.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assigned = {ast.unparse(target) for node in seen.body if isinstance(node, ast.Assign) for target in node.targets}
    assert (imported - {None}) | assigned == {*discstack.__all__}
