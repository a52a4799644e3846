"""symbols.py - functions, files, lines, inlined frames, C++ and Fortran names, from DWARF and from the symbol table"""
import os
import re
import shutil
import subprocess

from store_harness import Scratch, check, finish, good

C = r"""
#include <stdio.h>
int out;
static inline __attribute__((always_inline)) void deep(void) { puts("deep"); out++; }
static inline __attribute__((always_inline)) void middle(void) {
	deep();
	out++;
}
__attribute__((noinline)) void outer(void) {
	middle();
	out++;
}
int main(void) { outer(); return 0; }
"""
CXX = """
#include <cstdio>
namespace solver {
template <class T> struct Grid {
	__attribute__((noinline)) void step(T x) { std::printf("%d", (int)x); std::puts(""); }
};
}
int main(int argc, char **) { solver::Grid<double> g; g.step(argc); return 0; }
"""
FORTRAN = """
module mesh
contains
subroutine refine(n)
  integer, intent(in) :: n
  call inner(n)
contains
  subroutine inner(k)
    integer, intent(in) :: k
    print *, k
  end subroutine
end subroutine
end module
program heat
  use mesh
  call refine(3)
end program
"""


def build(folder, name, text, *command):
    source = os.path.join(folder, name)
    with open(source, "w") as f:
        f.write(text)
    program = source.rsplit(".", 1)[0]
    subprocess.run([*command, "-g", "-o", program, source], check=True)
    return program


def returns(program, function, callee):
    """return addresses of calls to callee (part of its name) inside function, from objdump"""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], capture_output=True, text=True).stdout
    lines, inside, found = text.splitlines(), False, []
    for line, following in zip(lines, lines[1:]):
        head = re.match(r"[0-9a-f]+ <(.*)>:", line)
        if head:
            inside = function in head.group(1)
        if inside and re.search(r"\bcall\b", line) and callee in line:
            found.append("0x" + following.split(":")[0].strip())
    check(found, f"{function} calls {callee}")
    return found[:1]


def look_up(program, offsets, build_id=""):
    return good("symbols", program, build_id, *offsets).split("] [") if offsets else [""]


def build_id(program):
    text = subprocess.run(["readelf", "-n", program], capture_output=True, text=True).stdout
    return re.search(r"Build ID: ([0-9a-f]+)", text).group(1)


with Scratch() as folder:
    c = build(folder, "c.c", C, "gcc", "-O2", "-fno-optimize-sibling-calls")
    at = returns(c, "outer", "puts")
    frames = "".join(look_up(c, at))
    check(re.search(r"\[deep\|\S*c\.c\|4.*middle\|\S*c\.c\|6.*outer\|\S*c\.c\|10\]", frames), f"inlined: {frames}")
    wanted = good("symbols", c, build_id(c), *at)
    check("outer" in wanted, "build-id fits")
    check("[" not in good("symbols", c, "00" * 20, *at), "another build-id: the file was replaced")
    check("[" not in good("symbols", "/nowhere/c", "", *at), "a missing file is no error")
    check("[" not in good("symbols", "c", "", *at), "relative names are not looked for")

    # debug data moved away, found by .gnu_debuglink and then not at all
    subprocess.run(["objcopy", "--only-keep-debug", c, c + ".debug"], check=True)
    subprocess.run(["strip", "--strip-debug", "--remove-section=.gnu_debuglink", c], check=True)
    table = good("symbols", c, "", *at)
    check("[outer||0]" in table, f"symbol table: {table}")
    subprocess.run(["objcopy", f"--add-gnu-debuglink={c}.debug", c], check=True)
    check(good("symbols", c, "", *at) == wanted, "debug link")
    os.unlink(c + ".debug")
    subprocess.run(["strip", c], check=True)
    check("[" not in good("symbols", c, "", *at), "stripped: unresolved")
    with open(c, "r+b") as f:
        f.write(os.urandom(64))
    good("symbols", c, "", *at)

    if shutil.which("g++"):
        x = build(folder, "x.cc", CXX, "g++", "-O0")
        text = good("symbols", x, "", *returns(x, "step", "printf"))
        check("[solver::Grid<double>::step(double)|" in text and "x.cc|5]" in text, f"C++: {text}")
    if shutil.which("gfortran"):
        f = build(folder, "f.f90", FORTRAN, "gfortran", "-O0")
        text = good("symbols", f, "", *returns(f, "MOD_refine", "inner"))
        check("[mesh::refine|" in text and "f.f90|6]" in text, f"module procedure: {text}")
        text = good("symbols", f, "", *returns(f, "MAIN__", "refine"))
        check("[heat|" in text, f"main program: {text}")

    # the whole way: resolved when written; and later, when the file was written without
    program = build(folder, "late.c", C, "gcc", "-O0")
    offset = int(returns(program, "outer", "puts")[0], 16)
    job, out = os.path.join(folder, "job"), os.path.join(folder, "out.h5")
    good("make", job, 2, "depth=1", "paths=1", f"exe={program}", f"build_id={build_id(program)}", f"offset={offset}")
    good("write", out, job, "keep=1", "symbols=1")
    resolved = good("read", out, "dump=1")
    check("[outer " in resolved, resolved)
    good("write", out, job, "keep=1")
    check("[outer " not in good("read", out, "dump=1"), "written without symbols")
    check("[outer " in good("read", out, "dump=1", "symbols=1"), "found when read")
finish()
