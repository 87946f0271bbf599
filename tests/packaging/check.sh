#!/usr/bin/env bash
# Build wheel and sdist, audit the wheel's ABI, and use and type-check each in an empty environment. PYTHON has the tools.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(realpath -s "$(command -v "${PYTHON:-python3}")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A copy of what git knows: left-over build products in the tree must not reach the packages.
mkdir "$work/source"
git ls-files -z | tar --null --files-from=- --ignore-failed-read -cf - | tar -xf - -C "$work/source"
"$python" -m build --quiet --outdir "$work/dist" "$work/source"
ls -l "$work/dist"
"$python" -m abi3audit --strict --verbose "$work"/dist/*.whl

listing=$("$python" -m zipfile --list "$work"/dist/*.whl)
stray=$(awk 'NR > 1 && $1 !~ /^discstack(-[0-9.]+[^\/]*\.dist-info)?\//' <<<"$listing")
if [ -n "$stray" ]; then
	echo "the wheel puts more than discstack into site-packages:" >&2
	echo "$stray" >&2
	exit 1
fi
if grep -E 'native/src|/_[a-z]+\.c ' <<<"$listing"; then
	echo "the wheel carries sources of the native modules" >&2
	exit 1
fi

for package in "$work"/dist/*.whl "$work"/dist/*.tar.gz; do
	echo "clean install of $(basename "$package")"
	rm -rf "$work/venv" "$work/use"
	"$python" -m venv "$work/venv"
	"$work/venv/bin/pip" install --quiet "$package"
	mkdir -p "$work/use/folder"
	echo "hello" >"$work/use/folder/hello.txt"
	(
		cd "$work/use"
		"$work/venv/bin/discstack" --version
		"$work/venv/bin/python" -m discstack burn folder -d 'virtual:dvd+r?file=disc.img' --json >burn.json
		"$work/venv/bin/python" -c "
import importlib.metadata, json, discstack
assert json.load(open('burn.json'))['verified'], 'the burn was not verified'
assert discstack.__version__ == importlib.metadata.version('discstack'), 'two versions'
print('discstack', discstack.__version__, 'burns and verifies from', discstack.__file__)"
	)
	echo "types of what it offers, by mypy"
	cp -r tests/packaging/outside.py examples "$work/use"
	(cd "$work/use" && "$python" -m mypy --strict --python-executable "$work/venv/bin/python" outside.py examples/*.py)
done
