#!/usr/bin/env python3
"""The Fortran entry points of libpmprof.so, of MPI's Fortran layer, and the interfaces of its modules agree.

symbols_test.py LIBPMPROF MPIFH USEMPIF08 WRAPPERS [FOLDER_OF_MODULES]

WRAPPERS is the generated C file: what it passes on is compared with the arguments that gfortran's module files (compressed text)
say a procedure has. Nothing is parsed with the code of pmpi/generate_fortran.py.
"""
import gzip
import os
import re
import subprocess
import sys

NOT_WRAPPED = {  # entry points of MPI that we leave alone, with the reason
    r"mpi_sizeof\w*": "no communication: the size of a variable",
    r"mpi_w(time|tick)(_f08)?_": "a clock read of the program itself",
    r"mpi_aint_(add|diff)(_f08)?_": "address arithmetic",
    r"mpi_f_sync_reg(_f08)?_": "keeps the compiler from moving accesses",
    r"mpi_fortran_\w+": "constants",
    r"mpi_\w*(_fn|_fn_null)_": "callbacks of MPI, called by MPI",
    r"mpix_\w+": "extensions of Open MPI: not recorded in C either",
    r"mpi_delete_error_(class|code|string)_f08_": "extensions of MPICH, MPIX_ in C: not recorded there either",
}


def defined(library):
    output = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split("@")[0] for line in output.splitlines()}


def is_left_alone(name):
    base = name.lower().rstrip("_") + "_"
    return any(re.fullmatch(pattern, base) or re.fullmatch(pattern, name) for pattern in NOT_WRAPPED)


def complain(what, names):
    if names:
        print(f"{what}: {' '.join(sorted(names))}")
    return bool(names)


PAST_C = r"(mpi_(attr|comm|type|win)_[gs]et_attr_|mpi_attr_[gp]ut_|mpi_attr_get_)"  # of MPICH's mpif.h: not by way of C


def compare_mpich(ours, layer):
    """What of MPICH's layer does not call MPI_* in C: mpi_f08 without choice buffers (those are called f08ts), and attributes."""
    theirs = {n for n in layer if re.fullmatch(r"mpi_\w+_f08_(large_)?", n) or re.fullmatch(PAST_C, n)}
    wanted = {n for n in theirs if not is_left_alone(n)}
    have = {n for n in ours if re.fullmatch(r"mpi_\w+_", n) and not n.endswith("__")}
    twins = {"p" + ("mpir" if "_f08_" in n else "mpi") + n.removeprefix("mpi") for n in have}
    print(f"{len(wanted)} entry points of MPI past those of C, {len(have)} ours, {len(theirs) - len(wanted)} left alone")
    if len(wanted) < 250:
        print("that cannot be all")
        return True
    return any([complain("of MPI, not ours", wanted - have), complain("ours, not of MPI", have - wanted),
                complain("without a twin to pass on to", twins - layer)])


def compare_symbols(ours, mpifh, f08):
    """All decorations that the library knows, mpi_x_ mpi_x mpi_x__ MPI_X, and all that mpi_f08 calls."""
    if "mpi_send_f08ts_" in f08:
        return compare_mpich(ours, f08)
    theirs = {n for n in mpifh if re.fullmatch(r"mpi_[a-z0-9_]+|MPI_[A-Z0-9_]+", n)}
    theirs |= {n for n in f08 if re.fullmatch(r"mpi_[a-z0-9_]+_", n)}
    wanted = {n for n in theirs if not is_left_alone(n)}
    have = {n for n in ours if n.startswith("mpi_") or re.fullmatch(r"MPI_[A-Z0-9_]+", n)}
    twins = {"p" + n for n in have if n.endswith("_f08_")} | {f"p{n}" for n in have if re.fullmatch(r"mpi_\w*[a-z0-9]_", n)}
    print(f"{len(wanted)} entry points of MPI, {len(have)} ours, {len(theirs) - len(wanted)} left alone")
    if len(wanted) < 1000:
        print("that cannot be all")
        return True
    return any([complain("of MPI, not ours", wanted - have), complain("ours, not of MPI", have - wanted),
                complain("without a twin to pass on to", twins - mpifh - f08)])


def parse(path):
    """Nested lists of a module file of gfortran."""
    text = gzip.open(path, "rt", encoding="latin-1").read()
    stack = [[]]
    for token in re.findall(r"\(|\)|'(?:[^']|'')*'|[^\s()]+", text[text.index("("):]):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    return stack[0]


def procedures(path):
    """name -> [(argument, is a string, is optional)] of a module's procedures"""
    symbols = {}
    for part in parse(path):
        for i in range(len(part) - 5):
            fields = part[i:i + 6]
            if isinstance(fields[0], str) and fields[0].isdigit() and str(fields[1]).startswith("'") and isinstance(fields[5], list):
                symbols[fields[0]] = (fields[1].strip("'").lower(), fields[5])
    found = {}
    for name, about in symbols.values():
        if about and about[0] and about[0][0] == "PROCEDURE" and name.startswith("mpi_") and "SUBROUTINE" in about[0]:
            arguments = [symbols[number] for number in about[5]]
            found[name] = [(a[0], ["CHARACTER"] == [x[0] for x in a[1] if isinstance(x, list) and x[:1] == ["CHARACTER"]],
                            "OPTIONAL" in a[1][0], "VALUE" in a[1][0]) for a in arguments]
    return found


def wrappers(path):
    """name -> (number of arguments passed by address, number of lengths) of the generated wrappers"""
    with open(path, encoding="utf-8") as file:
        found = re.findall(r"^PMP_EXPORT void (mpi_\w+)\((.*)\)$", file.read(), re.M)
    return {name: (text.count("*"), text.count("size_t")) for name, text in found}


def compare_modules(folder, path):
    generated, bad, seen = wrappers(path), False, 0
    for module, ending in (("mpi.mod", "_"), ("mpi_f08_interfaces.mod", "_")):
        for name, arguments in procedures(os.path.join(folder, module)).items():
            symbol = name + ending
            if symbol not in generated or name.endswith("_f08") != module.startswith("mpi_f08"):
                continue
            seen += 1
            strings = sum(is_string for _, is_string, _, _ in arguments)
            optional = [a for a, _, is_optional, _ in arguments if is_optional]
            by_value = [a for a, _, _, is_value in arguments if is_value]
            if generated[symbol] != (len(arguments), strings) or optional not in ([], ["ierror"]) or by_value:
                print(f"{symbol}: {generated[symbol]} arguments and lengths passed on, {module} has {arguments}")
                bad = True
    print(f"{seen} wrappers have the arguments of the modules")
    return bad or seen < 600


def main():
    ours, mpifh, f08 = (defined(path) for path in sys.argv[1:4])
    bad = compare_symbols(ours, mpifh, f08)
    folder = sys.argv[5] if len(sys.argv) > 5 else ""
    if os.path.exists(os.path.join(folder, "mpi_f08_interfaces.mod")):
        bad |= compare_modules(folder, sys.argv[4])
    sys.exit(bad)


if __name__ == "__main__":
    main()
