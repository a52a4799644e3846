"""Regions and pauses: the table of functions that libpmprof.so exports, called through ctypes.

The table is described in include/pmprof/pmprof.h.
"""
from __future__ import annotations

import ctypes
import functools
import inspect
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

# The interpreter lock is kept: these functions take less time than giving it up.
_NAMED = ctypes.PYFUNCTYPE(None, ctypes.c_char_p)
_PLAIN = ctypes.PYFUNCTYPE(None)


class _Api(ctypes.Structure):
    """struct pmprof_api; members of later versions follow."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("region_begin", _NAMED),
        ("region_end", _NAMED),
        ("pause", _PLAIN),
        ("resume", _PLAIN),
    ]


def _nothing(*_: Any) -> None:
    """What stands for each function without the library."""


def _find_api() -> Optional[_Api]:
    try:
        api = _Api.in_dll(ctypes.CDLL(None), "pmprof_api_1")
    except (OSError, ValueError):
        return None
    return api if api.size >= ctypes.sizeof(_Api) else None


_api = _find_api()
_begin = _api.region_begin if _api else _nothing
_end = _api.region_end if _api else _nothing
_pause = _api.pause if _api else _nothing
_resume = _api.resume if _api else _nothing


def is_recording() -> bool:
    """Is the profiler's library in this process? (It records between MPI_Init and MPI_Finalize.)"""
    return _api is not None


def pause() -> None:
    """Stop recording, on all threads of this rank. Pauses do not nest: one resume is enough."""
    _pause()


def resume() -> None:
    """Go on recording."""
    _resume()


class region:  # pylint: disable=invalid-name
    """A named part of the program, as a context manager or a decorator of a function.

    Regions nest, per thread; exceptions pass, and end the region. The name is a text of up to 511 bytes in UTF-8.
    """

    __slots__ = ("name", "_bytes")

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a region's name is a string, not {type(name).__name__}")
        self.name = name
        self._bytes = name.encode("utf-8", "surrogateescape")

    def __enter__(self) -> region:
        _begin(self._bytes)
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        _end(self._bytes)

    def __call__(self, function: _Function) -> _Function:
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function) or \
                inspect.isasyncgenfunction(function):
            raise TypeError(f"'{function.__name__}' is left and entered again while it runs, which a region cannot be: "
                            "mark what it calls")
        name = self._bytes

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            _begin(name)
            try:
                return function(*args, **kwargs)
            finally:
                _end(name)

        return call  # type: ignore[return-value]

    def __repr__(self) -> str:
        return f"pmprof.region({self.name!r})"
