"""docs/spec-coverage.md maps clauses to code and tests; here the map is held against both."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import discstack.fs
import discstack.mmc.spec
from discstack.mmc.spec import commands
from discstack.mmc.spec.cdb import REGISTRY
from discstack.mmc.spec.layout import Structure

ROOT = Path(__file__).parent.parent
CLAUSE = re.compile(r"\b(ECMA-\d+|UDF \d\.\d\d|Joliet|El Torito figure|UEFI [\d.]+) \S*\d")


@cache
def rows() -> list[tuple[str, str, str, str]]:
    """Each row of the tables: clause, what, where, test."""
    lines = (ROOT / "docs/spec-coverage.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [tuple(row) for row in cells if row[0] != "Clause" and not set(row[0]) <= set("-: ")]  # type: ignore[misc]


def names() -> set[str]:
    return {where.rpartition(":")[2] for _, _, where, _ in rows()}


@cache
def definitions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = {node.name for node in ast.walk(tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def test_every_row_has_four_cells() -> None:
    assert rows()
    assert [row for row in rows() if len(row) != 4 or not all(row)] == []


def test_every_row_names_code_that_exists() -> None:
    missing = [where for _, _, where, _ in rows() if not _exists(where.partition(":")[0], where.rpartition(":")[2])]
    assert missing == []


def test_every_row_names_a_test_that_exists() -> None:
    missing = [test for *_, test in rows() if not _exists(test.partition("::")[0], test.rpartition("::")[2])]
    assert missing == []


def _exists(path: str, name: str) -> bool:
    return (ROOT / path).is_file() and name in definitions(path)


def test_every_command_has_a_row() -> None:
    declared = {name for name, value in vars(commands).items() if value in REGISTRY.values()}
    assert len(declared) == len(REGISTRY)
    assert declared - names() == set()


def test_every_structure_has_a_row() -> None:
    for module in pkgutil.walk_packages(discstack.mmc.spec.__path__, "discstack.mmc.spec."):
        importlib.import_module(module.name)
    ours = (cls for cls in _subclasses(Structure) if cls.__module__.startswith("discstack."))
    assert {cls.__name__ for cls in ours if "layout" in vars(cls)} - names() == set()


def _subclasses(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def test_every_descriptor_class_of_the_file_systems_has_a_row() -> None:
    described = set()
    for path in (ROOT / "fs").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and CLAUSE.search(ast.get_docstring(node) or ""):
                described.add(node.name)
    assert described
    assert described - names() == set()
