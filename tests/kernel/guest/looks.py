"""Look at several images as look.py does, and print a JSON list: looks.py TYPE OPTIONS IMAGE..."""

from __future__ import annotations

import json
import sys

from look import look

if __name__ == "__main__":
    kind, options, *images = sys.argv[1:]
    print(json.dumps([look(image, kind, options) for image in images]))
