"""Named values: the addresses and secrets that manifests write as `${name}`."""

import os
import re
from pathlib import Path

from catalogue.problems import Stop
from connectors.grammar import VALUE_NAME

_NAME = re.compile(VALUE_NAME)


class Values:
    """Looks a name up in the environment (`HEDUI_VALUE_<NAME>`), then in a folder with one file per value."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resolve(self, text: str) -> str:
        """Fill every `${name}`; Stop where one is nowhere to be found. Never says a value."""
        return _NAME.sub(lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        variable = f"HEDUI_VALUE_{name.upper()}"
        if (value := os.environ.get(variable)) is not None:
            return value.strip()
        file = self._folder / name
        try:
            return file.read_text("utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            raise Stop("missing-value", name=name, variable=variable, file=str(file.absolute())) from None
        except (OSError, UnicodeDecodeError):
            raise Stop("unreadable-value", name=name, file=str(file.absolute())) from None
