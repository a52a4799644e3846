#!/usr/bin/env python3
"""install_test.py BUILD CMAKE: see CMakeLists.txt"""
import os
import shutil
import subprocess
import sys
import tempfile

import h5py


def run(*argv, cwd=None, **environment):
    env = {name: value for name, value in os.environ.items() if not name.startswith("PMPROF")}
    env.update(environment)
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def recorded(path):
    """Calls and regions of a file."""
    with h5py.File(path, "r") as f:
        profile = f["profile"][:]
        calls = int(profile["count"][profile["call"] == b"MPI_Allreduce"].sum())
        regions = [name.decode() for name in f["regions"]["name"][:]]
    return calls, regions


def check_file(path, ranks):
    calls, regions = recorded(path)
    if calls != 10 * ranks or "adding" not in regions:
        sys.exit(f"{path}: {calls} calls, regions {regions}")


def check_python(prefix, top):
    """The module is where the man page says, whole, and found through PYTHONPATH."""
    packages = os.path.join(prefix, "lib", "python3", "dist-packages")
    heat = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, "examples", "heat.py")
    out = os.path.join(top, "heat.pmprof.h5")
    run(os.path.join(prefix, "bin", "pmprof"), "run", "--out", out, "--", "mpirun", "-np", "2", "/usr/bin/python3", heat, "64", "20",
        PYTHONPATH=packages)
    names = run("/usr/bin/python3", "-c", f"import pmprof; print(pmprof.read({out!r}).region_names())", PYTHONPATH=packages).stdout
    if names != "['', 'solve', 'solve/relax', 'solve/halo']\n":
        sys.exit(f"the module for Python reads {names!r}")


def check_programs(build, prefix, top):
    lib = os.path.join(prefix, "lib")
    pmprof = os.path.join(prefix, "bin", "pmprof")
    for name in ("linked", "static", "header_only", "by_pkg_config"):
        program = os.path.join(build, name)
        out = os.path.join(top, name + ".pmprof.h5")
        plain = run("mpirun", "-np", "2", program, cwd=top, LD_LIBRARY_PATH=lib, PMPROF="off")
        if plain.stdout != "sum 1\n":
            sys.exit(f"{name}: prints {plain.stdout!r}")
        run(pmprof, "run", "--out", out, "--", "mpirun", "-np", "2", program, cwd=top, LD_LIBRARY_PATH=lib)
        check_file(out, 2)
        run(pmprof, "report", out)
    for name, libraries in ("linked", lib), ("static", ""):
        out = os.path.join(top, f"itself.{name}.pmprof.h5")
        run("mpirun", "-np", "2", os.path.join(build, name), cwd=top, LD_LIBRARY_PATH=libraries, PMPROF_OUT=out,
            PMPROF_PLUGIN=os.path.join(lib, "libpmprof-hdf5.so"))  # the tree was moved
        check_file(out, 2)


def main():
    build, cmake = os.path.abspath(sys.argv[1]), sys.argv[2]
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "consumer")
    top = tempfile.mkdtemp(prefix="pmprof-install.")
    try:
        first, prefix = os.path.join(top, "first"), os.path.join(top, "moved")
        run(cmake, "--install", build, "--prefix", first)
        os.rename(first, prefix)
        for page in ("pmprof", "pmprof-run", "pmprof-collect", "pmprof-doctor", "pmprof-report", "pmprof-info"):
            if not os.path.exists(os.path.join(prefix, "share", "man", "man1", page + ".1")):
                sys.exit(f"no man page {page}.1")
        check_python(prefix, top)
        consumer = os.path.join(top, "consumer")
        run(cmake, "-S", here, "-B", consumer, f"-DCMAKE_PREFIX_PATH={prefix}")
        run(cmake, "--build", consumer)
        flags = run("pkg-config", "--cflags", "--libs", "pmprof",
                    PKG_CONFIG_PATH=os.path.join(prefix, "lib", "pkgconfig")).stdout.split()
        run("mpicc", os.path.join(here, "annotated.c"), "-o", os.path.join(consumer, "by_pkg_config"), *flags)
        check_programs(consumer, prefix, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
