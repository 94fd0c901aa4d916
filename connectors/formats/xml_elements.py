"""XML: one element a row, read as a stream. No entities, no document type, no network."""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from catalogue.problems import Skip
from connectors.formats.lines import read_control
from connectors.formats.parts import CHUNK, Chunk, Said, dumped, is_foreign, numbered, strings
from connectors.grammar import Elements, FileDataset, Xml

_MAX_PARTS = 10_000  # elements inside one record
_SAMPLE = 1 << 20
_NOT_IN_ITS_ENCODING = {
    etree.ErrorTypes.ERR_INVALID_ENCODING,
    etree.ErrorTypes.ERR_INVALID_CHAR,
    etree.ErrorTypes.I18N_CONV_FAILED,
    etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
}
Cells = dict[str, str]


def read(raw: Path, dataset: FileDataset, form: Xml, said: Said) -> Iterator[Chunk]:
    """Yield the records of a document, in order, at whatever depth they are."""
    read_control(raw, dataset, said)
    wanted = [field.column for field in dataset.fields]
    said.absent = set(wanted)
    batch: list[Cells] = []
    for record in _records(raw / "delivery", dataset, form, said):
        batch.append(record)
        if len(batch) == CHUNK:
            yield _chunk(batch, wanted, said)
            batch = []
    yield _chunk(batch, wanted, said)
    said.closed = True


def _chunk(batch: list[Cells], wanted: list[str], said: Said) -> Chunk:
    first = said.rows + 1
    said.rows += len(batch)
    said.absent -= {path for record in batch for path in record} if said.absent else set()
    cells = {path: strings([record.get(path) for record in batch]) for path in wanted}
    return Chunk(numbered(first, len(batch)), cells, dumped(batch))


def _records(path: Path, dataset: FileDataset, form: Xml, said: Said) -> Iterator[Cells]:
    reader = _Reader(dataset, form, said)
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
        file.seek(0)
        events = etree.iterparse(
            file,
            events=("start", "end"),
            resolve_entities=False,
            load_dtd=False,
            dtd_validation=False,
            no_network=True,
            huge_tree=False,
            recover=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for event, element in events:
                if event == "start":
                    reader.open(element, start)
                elif (record := reader.close(element)) is not None:
                    yield record
        except etree.XMLSyntaxError as error:
            raise _problem(error.code, path, reader.root) from None


class _Reader:
    """Follows the stream: where we are, the control elements that went by, and the record just closed."""

    def __init__(self, dataset: FileDataset, form: Xml, said: Said) -> None:
        self._record = form.record
        self._said = said
        self._path: list[str] = []
        self._inside = 0  # depth below the root at which the record began; 0: outside
        self._parts = 0
        self.root = ""
        control = dataset.control
        places = {"date": control.date_at, "count": control.count_at} if isinstance(control, Elements) else {}
        if isinstance(control, Elements) and control.sum_at is not None:
            places["sum"] = control.sum_at
        self._places = places

    def open(self, element: etree._Element, start: bytes) -> None:
        name = _local(element)
        self._path.append(name)
        if len(self._path) == 1:
            self.root = str(element.tag).rpartition("}")[2]
            _refuse_doctype(element, start)
        elif not self._inside and name == self._record:
            self._inside, self._parts = len(self._path), 0
        if self._inside:
            self._parts += 1
            if self._parts > _MAX_PARTS:
                raise Skip("unreadable-delivery", line=element.sourceline or 0)

    def close(self, element: etree._Element) -> Cells | None:
        record: Cells | None = None
        depth = len(self._path)
        if not self._inside:
            self._control(element)
        elif self._inside == depth:
            record = {}
            _flatten(element, "", record)
            self._inside = 0
        self._path.pop()
        if not self._inside and depth > 1:
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
        return record

    def _control(self, element: etree._Element) -> None:
        here = "/".join(self._path[1:])
        found: dict[str, str | None] = {}
        for group, place in self._places.items():
            path, _, attribute = place.partition("@")
            if path.rstrip("/") == here:
                found[group] = element.get(attribute) if attribute else (element.text or "").strip()
        self._said.take(found)


def _flatten(element: etree._Element, path: str, into: Cells) -> None:
    """Note the text of every element and attribute below a record by its path; the first of a name counts."""
    for name, value in element.attrib.items():
        into.setdefault(f"{path}/@{_bare(str(name))}".lstrip("/"), str(value))
    for child in element:
        below = f"{path}/{_local(child)}".lstrip("/")
        into.setdefault(below, child.text or "")
        _flatten(child, below, into)


def _local(element: etree._Element) -> str:
    return _bare(element.tag) if isinstance(element.tag, str) else ""


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _refuse_doctype(root: etree._Element, start: bytes) -> None:
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype or b"<!DOCTYPE" in start:
        raise Skip("unreadable-delivery", line=1)
    encoding = (info.encoding or "utf-8").lower()
    if encoding.startswith("gb") and is_foreign(start, "gb18030"):
        raise Skip("wrong-encoding", expected=encoding)


def _problem(code: int, path: Path, root: str) -> Skip:
    """Tell a document in the wrong encoding, one that was cut, and one that is no XML."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _SAMPLE, 0))
        tail = file.read().rstrip()
    if code in _NOT_IN_ITS_ENCODING:
        return Skip("wrong-encoding", expected="XML")
    if root and not (tail.endswith(b">") and tail.rpartition(b"<")[2].rstrip(b"> ").endswith(root.encode())):
        return Skip("truncated-delivery")
    return Skip("unreadable-delivery", line=0)
