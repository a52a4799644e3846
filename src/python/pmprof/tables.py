"""A .pmprof.h5 file as pandas tables. The tables and their columns are those of docs/FORMAT.md."""
from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Union

if TYPE_CHECKING:
    import pandas

MAJOR = 1  # of the files that are understood here
NONE = 0xFFFFFFFF  # no row of another table


class FileError(ValueError):
    """The file is none of pmprof's, is damaged, or comes from a later version."""


class Run(Mapping[str, "pandas.DataFrame"]):
    """The tables of a run: run["profile"] and run.profile are the same; list(run) names them.

    Columns that refer to rows of other tables hold their numbers; `named` puts names in their place. What is said of the run as a
    whole (command, mpi, ranks, wall_ns, complete, ...) is in `attributes`.
    """

    def __init__(self, path: str, attributes: dict[str, Any], tables: dict[str, pandas.DataFrame]) -> None:
        self.path = path
        self.attributes = attributes
        self._tables = tables

    def __getitem__(self, name: str) -> pandas.DataFrame:
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __getattr__(self, name: str) -> pandas.DataFrame:
        try:
            return self.__dict__["_tables"][name]
        except KeyError:
            raise AttributeError(f"'{name}' is no table of this file; it has {', '.join(self.__dict__.get('_tables', ()))}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._tables]

    def __repr__(self) -> str:
        a = self.attributes
        return f"<pmprof.Run {self.path}: {a['command']}, {a['ranks']} ranks, {a['wall_ns'] / 1e9:.3g} s>"

    def region_names(self) -> list[str]:
        """The full name of each row of `regions`, as in solve/halo; that of row 0 is empty."""
        names: list[str] = []
        for parent, name in zip(self.regions.parent, self.regions.name):
            outer = names[parent] if parent < len(names) else ""
            names.append(f"{outer}/{name}" if outer else name)
        return names

    def stack(self, path: int) -> list[str]:
        """The frames of a row of `paths`, innermost first, as in solve (heat.py:12)."""
        frames: list[str] = []
        parents, addresses = self.paths.parent, self.paths.address
        while path not in (0, NONE):
            frames += self._frames_of(addresses[path])
            path = parents[path]
        return frames

    def _frames_of(self, address: int) -> list[str]:
        row = self.addresses.iloc[address]
        if row.frame_count == 0:
            if row.module == NONE:
                return ["(deeper frames left out)" if row.offset == 1 else f"{row.offset:#x}"]
            return [f"{os.path.basename(self.modules.path[row.module])}+{row.offset:#x}"]
        found = self.frames.iloc[row.first_frame:row.first_frame + row.frame_count]
        return [f"{f.function} ({os.path.basename(f.file)}:{f.line})" if f.file else f.function for f in found.itertuples()]

    def named(self, table: str) -> pandas.DataFrame:
        """A table with names instead of the numbers of regions, communicators, paths (their innermost frame) and calls."""
        frame = self[table].copy()
        regions = self.region_names()
        numbers = [column for column in frame.columns if frame[column].dtype.kind in "ui"]  # modules.path is a text
        for column in numbers:
            kind = column.rpartition("_")[2]
            if kind == "region":
                frame[column] = [regions[i] for i in frame[column]]
            elif kind == "comm":
                frame[column] = self.comms.name.to_numpy()[frame[column]]
            elif kind == "path":
                places = {i: (self.stack(i) or [""])[0] for i in frame[column].unique()}
                frame[column] = frame[column].map(places)
            elif kind == "call":
                frame[column] = self.calls.name.to_numpy()[frame[column]]
        return frame


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _frame(columns: Mapping[str, Any]) -> pandas.DataFrame:
    import pandas  # pylint: disable=import-outside-toplevel

    return pandas.DataFrame({name: [_text(v) for v in values] if values.dtype.kind == "S" else values
                             for name, values in columns.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return _text(value)
    return value.item() if hasattr(value, "item") else value


def _run(path: str, file: Any) -> Run:
    import h5py  # pylint: disable=import-outside-toplevel

    attributes = {name: _plain(value) for name, value in file.attrs.items()}
    if attributes.get("format") != "pmprof":
        raise FileError(f"'{path}' is no pmprof file")
    if attributes.get("major", 0) > MAJOR:
        raise FileError(f"'{path}' was written by pmprof {attributes.get('version')}, in a later format: read it with that version")
    tables = {}
    for name, item in file.items():
        if isinstance(item, h5py.Group):
            tables[name] = _frame({column: data[:] for column, data in item.items()})
        else:
            rows = item[:]
            tables[name] = _frame({column: rows[column] for column in rows.dtype.names})
    return Run(path, attributes, tables)


def read(file: Union[str, "os.PathLike[str]"]) -> Run:
    """Read a .pmprof.h5 file. Raises FileNotFoundError, PermissionError, or FileError with one line on what is wrong."""
    import h5py  # pylint: disable=import-outside-toplevel

    path = os.fspath(file)
    if not os.path.exists(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    try:
        with h5py.File(path, "r") as opened:
            return _run(path, opened)
    except FileError:
        raise
    except (OSError, KeyError, RuntimeError, AttributeError, TypeError, ValueError) as error:
        if os.path.isdir(path) or not h5py.is_hdf5(path):
            raise FileError(f"'{path}' is no pmprof file") from error
        raise FileError(f"'{path}' is damaged, or no pmprof file") from error
