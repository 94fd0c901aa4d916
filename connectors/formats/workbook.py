"""Is this file a whole workbook, and of a size that can be opened? Asked before any spreadsheet library sees it."""

import copy
import re
import zipfile
import zlib
from pathlib import Path

from catalogue.problems import Skip

MAX_UNPACKED = 512 << 20  # bytes: a workbook is read whole
MAX_CELLS = 20_000_000  # of one sheet, empty ones inside its bounds included
_BLOCK = 1 << 20
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{0,3})([0-9]{1,7})["']""")
_OVERLAP = 32  # a reference may lie across two blocks


def weigh(path: Path) -> None:
    """Skip `truncated-delivery`, `unreadable-delivery` or `too-large` where the file is not a sound workbook.

    The sizes that a zip declares prove nothing, and a lone cell in the far corner makes a sheet of billions:
    so every part is unpacked into nothing, and the cells' references are looked at.
    """
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            raise Skip("unreadable-delivery", line=0)
        try:
            with zipfile.ZipFile(file) as parcel:
                left = MAX_UNPACKED
                names = parcel.namelist()
                for entry in parcel.infolist():
                    left -= _weigh(parcel, entry, left)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            raise Skip("truncated-delivery") from None
        except (NotImplementedError, RuntimeError, ValueError, OSError):
            raise Skip("unreadable-delivery", line=0) from None
    if "xl/workbook.xml" not in names:
        raise Skip("unreadable-delivery", line=0)


def _weigh(parcel: zipfile.ZipFile, entry: zipfile.ZipInfo, allowed: int) -> int:
    """Return the bytes that a part unpacks to."""
    honest = copy.copy(entry)
    honest.file_size = allowed + 2 * _BLOCK  # read on to the real end, not to the declared one
    sheet = entry.filename.startswith("xl/worksheets/")
    unpacked = width = height = 0
    tail = b""
    with parcel.open(honest) as part:
        while block := part.read(_BLOCK):
            unpacked += len(block)
            if unpacked > allowed:
                raise Skip("too-large", limit=f"{MAX_UNPACKED >> 20} MiB")
            if sheet:
                for column, row in _REFERENCE.findall(tail + block):
                    width = max(width, _number(column))
                    height = max(height, int(row))
                tail = block[-_OVERLAP:]
                if width * height > MAX_CELLS:
                    raise Skip("too-large", limit=f"{MAX_CELLS:,} cells")
    return unpacked


def _number(letters: bytes) -> int:
    """Return the number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
