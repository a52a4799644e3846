#!/usr/bin/env python3
"""`pmprof run` takes the library of the MPI that a program is linked with; without one the program runs bare: other_mpi.py BUILD SOURCE

The program and the libraries are made here: what counts is the soname that is needed, not the MPI behind it.
"""
import os
import shutil
import subprocess
import sys
import tempfile

OTHERS = {"libmpi.so.40": ("libmpich.so.12", "mpich", "MPICH"), "libmpich.so.12": ("libmpi.so.40", "openmpi", "Open MPI")}
PROGRAM = "int mpi(void); int main(void) { return mpi(); }"
CHOSEN = '#include <unistd.h>\n__attribute__((constructor)) static void chosen(void) { if (write(1, "chosen\\n", 7)) {} }'


def compiled(folder, name, text, *options):
    source, path = os.path.join(folder, "source.c"), os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["cc", source, "-o", path, *options], check=True)
    return path


def main():
    build = sys.argv[1]
    needed = subprocess.run(["objdump", "-p", f"{build}/lib/libpmprof.so"], capture_output=True, text=True, check=True).stdout
    ours = next((soname for soname in OTHERS if soname in needed), None)
    if not ours:
        print("built for an MPI of which no other is known")
        sys.exit(77)
    soname, mpi, name = OTHERS[ours]
    with tempfile.TemporaryDirectory(prefix="pmprof-other-") as folder:
        for part in ("bin/pmprof", "lib/libpmprof.so"):
            os.makedirs(os.path.join(folder, os.path.dirname(part)), exist_ok=True)
            shutil.copy(os.path.join(build, part), os.path.join(folder, part))
        library = compiled(folder, soname, "int mpi(void) { return 7; }", "-shared", "-fPIC", f"-Wl,-soname,{soname}")
        program = compiled(folder, "app", PROGRAM, library, f"-Wl,-rpath,{folder}")

        def run(*options):
            done = subprocess.run([os.path.join(folder, "bin/pmprof"), "run", *options, "--", program], cwd=folder, text=True,
                                  capture_output=True, check=False, timeout=60)
            return done.returncode, done.stdout, done.stderr.splitlines()

        code, out, said = run()
        good = code == 7 and out == "" and len(said) == 1 and f"uses {name} ({soname})" in said[0] and "nothing is recorded" in said[0]
        quiet = run("-q") == (7, "", [])
        compiled(folder, f"lib/pmprof/{mpi}/libpmprof.so", CHOSEN, "-shared", "-fPIC")
        chosen = run("-q")
        print(code, out, said, quiet, chosen)
        sys.exit(not (good and quiet and chosen == (7, "chosen\n", [])))


if __name__ == "__main__":
    main()
