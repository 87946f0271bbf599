"""The dependency rule of the stack, checked from the source text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# layer: what it may import of ours, besides itself ("api" may import all)
ALLOWED = {
    "native": (),
    "fs": (),
    "transport": ("native", "mmc.spec"),
    "emulator": ("mmc.spec", "transport.base", "native", "signatures"),
    "mmc": ("transport.base", "native"),
    "mmc/spec": (),
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("layer", ALLOWED)
def test_layer_imports_only_what_it_may(layer: str) -> None:
    files = sorted((ROOT / layer).rglob("*.py"))
    assert files
    own = layer.replace("/", ".")
    for path in files:
        for name in imports(path):
            top, _, inner = name.partition(".")
            assert top not in {"api", *ALLOWED}, f"{path}: {name} must be discstack.{name}"
            if top == "discstack":
                allowed = (own, *ALLOWED[layer])
                assert any(inner == a or inner.startswith(a + ".") for a in allowed), f"{path} imports {name}"
