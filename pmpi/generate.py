#!/usr/bin/env python3
"""Write the PMPI wrappers from schema/calls.def and the prototypes of the mpi.h in use.

The attribute language is explained at the top of schema/calls.def. Everything that a wrapper does is a function of pmpi/; here
is only decided which of them a wrapper calls, with which parameters: generate_c.py and generate_fortran.py. Fails when a function
with a PMPI twin has no row, when a row names a parameter that the function does not have, or an attribute that does not exist.
"""
import argparse
import re
import sys

from generate_c import HEADER, Function, Problem, Wrapper, parse_attributes
from generate_fortran import generate_fortran


def read_prototypes(path):
    """The functions with a PMPI twin in a preprocessed mpi.h; prototypes may span lines and carry attributes."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = "\n".join(line for line in file.read().split("\n") if not line.startswith("#"))
    text = re.sub(r'"[^"\n]*"', '""', text)
    nested = r"\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)"
    text = re.sub(r"__attribute__\s*" + nested, "", text)
    text = re.sub(r"\s+", " ", text)
    pattern = r"(?:extern )?((?:int|double|MPI_\w+)) (\bP?MPI_\w+) ?\(([^;{}]*?)\) ?;"
    found = {name: (result, parameters.strip()) for result, name, parameters in re.findall(pattern, text)}
    return {name: Function(name, *found[name]) for name in found if "P" + name in found}


def read_table(path):
    """Rows of calls.def: name -> attributes, and the names that are skipped."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    rows = dict(re.findall(r'^PMP_CALL\((\w+),\s*\w+,\s*"([^"]*)"\)', text, re.M))
    skipped = re.findall(r'^PMP_SKIP\((\w+),\s*"[^"]+"\)', text, re.M)
    return rows, set(skipped)


def generate(prototypes, rows, skipped):
    """(wrapper text, names of all wrapped functions), in the order of the table"""
    missing = sorted(set(prototypes) - set(rows) - skipped)
    if missing:
        raise Problem(f"no row in schema/calls.def for: {' '.join(missing)}")
    both = sorted(set(rows) & skipped)
    if both:
        raise Problem(f"both recorded and skipped in schema/calls.def: {' '.join(both)}")
    texts, names = [HEADER], []
    for name in rows:
        if name not in prototypes:
            continue
        names.append(name)
        attributes = parse_attributes(name, rows)
        if attributes.get("by") != "hand":
            texts.append(Wrapper(prototypes[name], attributes).text())
    return "\n".join(texts), names


def version_script(names):
    """Exported are the wrappers and our own interface, nothing else."""
    lines = "".join(f"\t\t{name};\n" for name in names)
    return "{\n\tglobal:\n" + lines + "\t\tpmprof_*;\n\tlocal:\n\t\t*;\n};\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--table", required=True, help="schema/calls.def")
    parser.add_argument("--prototypes", required=True, help="mpi.h, preprocessed")
    parser.add_argument("--wrappers", required=True, help="C file to write")
    parser.add_argument("--fortran", required=True, help="C file to write, for the Fortran bindings")
    parser.add_argument("--exports", required=True, help="version script to write")
    parser.add_argument("--mpi", required=True, help="whose mpi.h it is: openmpi, mpich, or else")
    options = parser.parse_args()
    try:
        rows, skipped = read_table(options.table)
        prototypes = read_prototypes(options.prototypes)
        text, names = generate(prototypes, rows, skipped)
        fortran_text, fortran_names = generate_fortran(prototypes, rows, options.mpi)
    except Problem as problem:
        sys.exit(f"generate.py: {problem}")
    with open(options.wrappers, "w", encoding="utf-8") as file:
        file.write(text)
    with open(options.fortran, "w", encoding="utf-8") as file:
        file.write(fortran_text)
    with open(options.exports, "w", encoding="utf-8") as file:
        file.write(version_script(names + fortran_names))


if __name__ == "__main__":
    main()
