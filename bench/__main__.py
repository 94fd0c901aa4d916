"""`python -m bench [NAME]`: run every benchmark, or one. Each prints its figure as its last line."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

# Modules that only help the others have no `main`.
NAMES = sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py") if "\ndef main(" in p.read_text("utf-8"))


def main() -> int:
    """Run one benchmark here, or all of them in a fresh process each."""
    if len(sys.argv) > 1:
        if sys.argv[1] not in NAMES:
            print(f"error: no benchmark {sys.argv[1]!r}\nhint: there are: {', '.join(NAMES)}", file=sys.stderr)
            return 2
        print(import_module(f"bench.{sys.argv[1]}").main().line())
        return 0
    for name in NAMES:
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, "-m", "bench", name], check=False)  # noqa: S603
    return 0


if __name__ == "__main__":
    sys.exit(main())
