"""The wrappers of the Fortran bindings, from the same rows and prototypes as those of C.

The standard derives the Fortran bindings from that of C: the same parameters in the same order, each by its address, then the
error code, then the length of each string. mpif.h and `use mpi` call mpi_send_, mpi_f08 calls mpi_send_f08_, where the error code
may be absent (a null pointer). A Fortran wrapper is the wrapper of C around the Fortran call: those parameters that it looks at
are read into variables of the same name and of the type that C has, all others are handed on unseen.

Open MPI's Fortran layer calls PMPI_* in C, so that everything has a wrapper here. MPICH's calls MPI_*, where the wrappers of C see
it; but not so for mpi_f08, whose procedures without choice buffers call PMPI_*, nor for attributes, which it hands to its insides.
Those alone have wrappers there: a call that passed two of them would be followed twice.

tests/fortran compares the entry points with those of the MPI library and with the interfaces of its modules.
"""
import re

from generate_c import Function, Problem, Wrapper, lines, parse_attributes

# What Fortran has and mpi.h has not: functions that MPI 3.0 removed, as mpi.h declared them, and variants for type(c_ptr).
REMOVED = {
    "MPI_Address": "void *location, MPI_Aint *address",
    "MPI_Errhandler_create": "MPI_Handler_function *function, MPI_Errhandler *errhandler",
    "MPI_Errhandler_get": "MPI_Comm comm, MPI_Errhandler *errhandler",
    "MPI_Errhandler_set": "MPI_Comm comm, MPI_Errhandler errhandler",
    "MPI_Type_extent": "MPI_Datatype type, MPI_Aint *extent",
    "MPI_Type_hindexed": "int count, int blocklengths[], MPI_Aint displacements[], MPI_Datatype oldtype, MPI_Datatype *newtype",
    "MPI_Type_hvector": "int count, int blocklength, MPI_Aint stride, MPI_Datatype oldtype, MPI_Datatype *newtype",
    "MPI_Type_lb": "MPI_Datatype type, MPI_Aint *lb",
    "MPI_Type_struct": "int count, int blocklengths[], MPI_Aint displacements[], MPI_Datatype types[], MPI_Datatype *newtype",
    "MPI_Type_ub": "MPI_Datatype type, MPI_Aint *ub",
}
VARIANTS = ("MPI_Alloc_mem", "MPI_Win_allocate", "MPI_Win_allocate_shared", "MPI_Win_shared_query")
VARIANT = "_cptr"  # of VARIANTS, in mpif.h only
ONLY_MPIF_H = ("MPI_Attr_delete", "MPI_Attr_get", "MPI_Attr_put", "MPI_Keyval_create", "MPI_Keyval_free", *REMOVED)
MPICH_PAST_C = ("MPI_Attr_get", "MPI_Attr_put", *(f"MPI_{of}_{do}_attr" for of in ("Comm", "Type", "Win") for do in ("get", "set")))
NO_BUFFER = ("attribute_val", "baseptr", "buffer_addr", "extra_state")  # void * in C, something else in mpi_f08
MPICH_ONE_KIND = (  # of which mpi_f08 has no second procedure for large counts
    "MPI_File_get_type_extent_c", "MPI_Op_create_c", "MPI_Register_datarep_c", "MPI_Type_create_resized_c", "MPI_Type_get_extent_c",
    "MPI_Type_get_true_extent_c")
ONLY_C = re.compile(r"MPI_T_|.*_(c2f|f2c|c2f08|f082c|f082f|f2f08)$")

WRAPPER = """\
PMP_EXPORT void {symbol}({signature})
{{
	static __typeof__({symbol}) *real;
	MPI_Fint unasked, *error = f_ierror ? f_ierror : &unasked;
	struct pmp_probe probe;

	PMP_FORTRAN_BIND(real, "{symbol}", *error = MPI_ERR_INTERN);
{always}	if (!pmp_enter(&probe, __builtin_frame_address(0))) {{
		real({passed_arguments});
{passed}		return;
	}}
{before}	pmp_begin(&probe, PMP_CALL_{name}, {comm}, {peer}, {tag}, {size});
	real({arguments});
	pmp_stop(&probe);
	int rc = *error;
{after}}}
"""

HEADER = """\
/* Written by pmpi/generate_fortran.py from schema/calls.def and mpi.h; do not edit. */
#include "pmpi/fortran.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
"""

KINDS = {"MPI_Comm": "COMM", "MPI_Win": "WIN", "MPI_File": "FILE"}
HANDLES = {"MPI_Comm": "comm", "MPI_Win": "win", "MPI_File": "file", "MPI_Message": "message", "MPI_Request": "request"}


class FortranWrapper(Wrapper):
    """The lines of one wrapper; the parameters of Fortran have the names of C with f_ in front."""

    def __init__(self, function, attributes):
        super().__init__(function, attributes)
        self.declare()

    def entry(self, parameter):
        base = parameter.type.rstrip("*")
        if base == "MPI_Message":
            return f"pmp_fortran_take(f_{parameter.name})"
        return f"pmp_fortran_entry(PMP_FORTRAN_{KINDS[base]}, *f_{parameter.name})"

    def types(self, parameter):
        return f"pmp_types_fortran(f_{parameter.name})"

    def learn(self, parameter):
        self.before.append(f"MPI_Fint handle = *f_{parameter.name};")
        return "pmp_fortran_learn(on, handle, rc);"

    def status_taken(self, name):
        self.before.append("MPI_Fint own[PMP_FORTRAN_STATUS];")
        self.before.append(f"MPI_Fint *handed = pmp_fortran_status(f_{name}, own);")
        self.before.append("MPI_Status converted;")
        self.after.append("const MPI_Status *seen = pmp_fortran_converted(handed, &converted);")
        self.replaced[f"f_{name}"] = "handed"

    def mentions(self, name, *texts):
        return any(re.search(rf"(?<![\w>.]){name}\b", line) for text in texts for line in text)

    def declare(self):
        """Variables for the parameters that the lines mention: as early as the first of them, which is before the call."""
        own = [self.value("peer", ""), self.value("tag", ""), self.size, self.out, self.in_]
        for parameter in self.function.parameters.values():
            name = parameter.name
            if self.is_made_here(parameter):
                self.declare_made(parameter)
            elif self.mentions(name, self.always, self.hooks):
                self.always[:0] = self.declaration(parameter)
            elif self.mentions(name, self.before, self.after, own):
                self.before[:0] = self.declaration(parameter)

    def is_made_here(self, parameter):
        makes = [self.parameter(key).name for key in ("makes", "keeps") if self.has(key)]
        return parameter.name in makes or parameter.type == "MPI_Request*"

    def declare_made(self, parameter):
        """A handle that the call makes is converted after it."""
        base, name = parameter.type.rstrip("*"), parameter.name
        declaration = [f"{base} made = rc == MPI_SUCCESS ? pmp_fortran_{HANDLES[base]}(*f_{name}) : {base.upper()}_NULL;",
                       f"{base} *{name} = &made;"]
        if self.mentions(name, self.hooks):
            self.after[:0] = declaration
            self.hooks[:0] = declaration
        elif self.mentions(name, self.after):
            self.after[:0] = declaration

    def declaration(self, parameter):
        name, base = parameter.name, parameter.type.rstrip("*")
        if parameter.type == "int":
            return [f"int {name} = *f_{name};"]
        if parameter.type == "int*":
            return [f"const int *{name} = f_{name};"]
        if parameter.type == "void*":
            return [f"const void *{name} = pmp_fortran_buffer(f_{name});"]
        if parameter.type == "MPI_Datatype":
            return [f"MPI_Datatype {name} = pmp_type_of_fortran(*f_{name});"]
        if parameter.type == "MPI_Op":
            return [f"MPI_Op {name} = PMPI_Op_f2c(*f_{name});"]
        if parameter.type == "char*":
            return [f"struct pmp_fortran_text text = pmp_fortran_text(f_{name}, {name}_length);",
                    f"const char *{name} = text.text;"]
        if parameter.type == base and base in HANDLES:
            return [f"{base} {name} = pmp_fortran_{HANDLES[base]}(*f_{name});"]
        if base in HANDLES:
            return [f"{base} before = pmp_fortran_{HANDLES[base]}(*f_{name}), *{name} = &before;"]
        raise Problem(f"{self.function.name}: no conversion of '{parameter.text}' from Fortran")

    def fortran_parameters(self):
        """(type, name) in the order of the Fortran call"""
        found, lengths = [], []
        for parameter in self.function.parameters.values():
            is_text = parameter.type.startswith("char*")
            of = "char *" if is_text else "void *" if parameter.type in ("void*", "void**") else "MPI_Fint *"
            found.append((of, f"f_{parameter.name}"))
            if is_text:
                lengths.append(("size_t ", f"{parameter.name}_length"))
        return found + [("MPI_Fint *", "f_ierror")] + lengths

    def fortran_text(self, symbol):
        parameters = self.fortran_parameters()
        names = [name for _, name in parameters]
        passed_names = ["error" if self.hooks and name == "f_ierror" else name for name in names]
        handed = [{**self.replaced, "f_ierror": "error"}.get(name, name) for name in names]
        hooks = ["int rc = *error;", *self.hooks] if self.hooks else []
        return WRAPPER.format(
            symbol=symbol, name=self.function.name, signature=", ".join(of + name for of, name in parameters),
            always=lines(1, self.always), passed_arguments=", ".join(passed_names), passed=lines(2, hooks), before=lines(1, self.before),
            after=lines(1, self.after), arguments=", ".join(handed), comm=self.comm_index(),
            peer=self.value("peer", "PMP_NO_PEER"), tag=self.value("tag", "PMP_NO_TAG"), size=self.size)


def symbols(name):
    """The entry points of a function: those of mpif.h and `use mpi`, and that of mpi_f08."""
    if name.endswith("_c"):
        return []
    base = name.lower()
    f08 = [] if name in ONLY_MPIF_H else [f"{base}_f08_"]
    variants = [f"{base}{VARIANT}_"] if name in VARIANTS else []
    return [f"{base}_", *variants, *f08]


def symbols_mpich(function):
    """The entry points past the wrappers of C."""
    base, large = re.fullmatch(r"(.*?)(_c)?", function.name.lower()).groups()
    if any(p.type == "void*" and p.name not in NO_BUFFER for p in function.parameters.values()):
        return []
    if large:
        return [f"{base}_f08_large_"] if function.name not in MPICH_ONE_KIND else []
    mpifh = [f"{base}_"] if function.name in MPICH_PAST_C else []
    return mpifh + [f"{base}_f08_"] * (function.name not in ONLY_MPIF_H)


def aliases(symbol):
    """mpi_send_ is also called mpi_send, mpi_send__ and MPI_SEND by other compilers."""
    if "_f08_" in symbol:
        return []
    base = symbol[:-1]
    return [base, base + "__", base.upper()]


def generate_fortran(prototypes, rows, mpi):
    """(wrapper text, names of all entry points), in the order of the table"""
    removed = {name: Function(name, "int", parameters) for name, parameters in REMOVED.items()}
    known = {**removed, **prototypes}
    texts, names = [HEADER], []
    for name in rows:
        if name not in known or ONLY_C.match(name):
            continue
        attributes = parse_attributes(name, rows)
        for symbol in symbols_mpich(known[name]) if mpi == "mpich" else symbols(name):
            if attributes.get("by") != "hand":
                texts.append(FortranWrapper(known[name], attributes).fortran_text(symbol))
                if aliases(symbol):
                    texts.append(f"PMP_FORTRAN_ALIASES({symbol[:-1]}, {symbol[:-1].upper()})\n")
            names += [symbol, *aliases(symbol)]
    return "\n".join(texts), names
