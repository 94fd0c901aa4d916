"""Files of lines: blocks of whole lines in bounded memory, control lines set apart, bytes turned into UTF-8."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from catalogue.problems import Skip
from connectors.formats.parts import LOST, Said, is_foreign
from connectors.grammar import Companion, ControlLines, Encoding, FileDataset

BLOCK = 4 << 20
MAX_LINE = 1 << 20
_NEWLINE = 0x0A
_BOM = b"\xef\xbb\xbf"


class Lines:
    """One file of lines. First `head()`, then `blocks()`; `last` is the trailer once the blocks are through."""

    def __init__(self, file: BinaryIO, encoding: Encoding, quote: bytes | None = None) -> None:
        self._file = file
        self._encoding = encoding
        self._quote = quote
        self._number = 0
        self.last: bytes | None = None
        self.open_end = False
        start = file.read(4)
        if start.startswith(_BOM):
            if encoding != "utf-8":
                raise Skip("wrong-encoding", expected=encoding)
            start = start[3:]
            file.seek(3)
        elif is_foreign(start[:2], encoding):
            raise Skip("wrong-encoding", expected=encoding)
        else:
            file.seek(0)

    def head(self) -> str:
        """Read one line from the top; "" where the file has ended."""
        self._number += 1
        line = self._file.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise Skip("unreadable-delivery", line=self._number)
        if is_foreign(line, self._encoding):
            raise Skip("wrong-encoding", expected=self._encoding)
        try:
            return line.decode(self._encoding).rstrip("\r\n")
        except UnicodeDecodeError:
            raise Skip("wrong-encoding", expected=self._encoding) from None

    def blocks(self, *, trailer: bool) -> Iterator[bytes]:
        """Yield the rest in blocks of whole lines, each with its line end; the last line is kept back as trailer."""
        carry = b""
        while data := self._file.read(BLOCK):
            block = carry + data
            end = self._end(block, len(block))
            if trailer:
                end = self._end(block, len(block[:end].rstrip(b"\r\n")))
            if end == 0 and len(block) > MAX_LINE + BLOCK:
                raise Skip("unreadable-delivery", line=self._number)
            whole, carry = block[:end], block[end:]
            self._number += whole.count(b"\n")
            if whole:
                yield whole
            if len(carry) > 2 * MAX_LINE:
                raise Skip("unreadable-delivery", line=self._number)
        self.open_end = carry != b"" and not carry.endswith(b"\n")
        rest = carry.rstrip(b"\r\n")
        if trailer:
            end = self._end(rest, len(rest))
            self.last, rest = rest[end:], rest[:end]
        if rest:
            yield rest if rest.endswith(b"\n") else rest + b"\n"

    def _end(self, block: bytes, stop: int) -> int:
        """Find where the last whole line before `stop` ends; a line break inside quotes ends none."""
        if self._quote is None or self._quote not in block:
            return block.rfind(b"\n", 0, stop) + 1
        bytes_ = np.frombuffer(block, np.uint8, stop)
        outside = np.cumsum(bytes_ == self._quote[0]) % 2 == 0
        ends = np.flatnonzero((bytes_ == _NEWLINE) & outside)
        return int(ends[-1]) + 1 if len(ends) else 0


def in_utf8(block: bytes, encoding: Encoding, said: Said) -> bytes:
    """Turn a block of lines into UTF-8. What is no character becomes LOST, so that its row can be rejected."""
    text = block if block.isascii() else _decoded(block, encoding, said)
    text = text.replace(b"\r\n", b"\n")
    for stray in (b"\r", b"\0"):
        if stray in text:
            text = text.replace(stray, LOST.encode())
    return text


def _decoded(block: bytes, encoding: Encoding, said: Said) -> bytes:
    try:
        text = block.decode(encoding).encode()
    except UnicodeDecodeError:
        return b"\n".join(_one(line, encoding, said) for line in block.split(b"\n"))
    lines = block.count(b"\n")
    said.spoken += lines
    if is_foreign(block, encoding):
        said.foreign += lines
    return text


def _one(line: bytes, encoding: Encoding, said: Said) -> bytes:
    if line.isascii():
        return line
    said.spoken += 1
    said.foreign += is_foreign(line, encoding)
    try:
        return line.decode(encoding).encode()
    except UnicodeDecodeError:
        said.broken += 1
        return line.decode(encoding, "replace").encode()


def read_control(raw: Path, dataset: FileDataset, said: Said) -> None:
    """Take what a control file beside the delivery says."""
    control = dataset.control
    if not isinstance(control, Companion):
        return
    with (raw / "control").open("rb") as file:
        start = file.read(MAX_LINE)
    try:
        text = start.decode("utf-8-sig" if control.encoding == "utf-8" else control.encoding)
    except UnicodeDecodeError:
        raise Skip("control-unreadable", part="control") from None
    found = re.search(control.pattern, text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise Skip("control-unreadable", part="control")
    said.take(found.groupdict())


def take_header(lines: Lines, dataset: FileDataset, said: Said) -> None:
    """Read the control line on top, if the dataset has one."""
    control = dataset.control
    if isinstance(control, ControlLines) and control.header is not None:
        found = re.fullmatch(control.header, lines.head())
        if found is None:
            raise Skip("control-unreadable", part="header")
        said.take(found.groupdict())


def has_trailer(dataset: FileDataset) -> bool:
    """Tell whether the last line is a control line."""
    return isinstance(dataset.control, ControlLines) and dataset.control.trailer is not None


def take_trailer(lines: Lines, dataset: FileDataset, encoding: Encoding, said: Said) -> None:
    """Read the control line at the bottom; a delivery without it was cut."""
    said.open_end = lines.open_end
    control = dataset.control
    if isinstance(control, ControlLines) and control.trailer is not None:
        found = re.fullmatch(control.trailer, (lines.last or b"").decode(encoding, "replace"))
        if found is None:
            said.cut = True
        else:
            said.closed = True
            said.take(found.groupdict())
