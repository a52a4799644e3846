"""Annotations for Python programs under pmprof, and its files as pandas tables.

    import pmprof

    with pmprof.region("solve"):        # time inside is reported as region "solve"
        ...

    @pmprof.region("halo")              # so is every call of this function
    def exchange(field): ...

    pmprof.pause(); ...; pmprof.resume()

    run = pmprof.read("heat.4711.pmprof.h5")
    run.profile.groupby("call").time_ns.sum()

Without the profiler (`pmprof run`, LD_PRELOAD) the annotations do nothing. Nothing is built or linked: the library is found in the
running process through ctypes. h5py and pandas are needed by `read` alone.
"""
from .annotate import is_recording, pause, region, resume
from .tables import FileError, Run, read

__all__ = ["FileError", "Run", "is_recording", "pause", "read", "region", "resume"]
