"""One wrapper of the C binding: functions and their parameters, the attributes of a row, and the lines they lead to.

The attribute language is explained at the top of schema/calls.def.
"""
import re

ATTRIBUTES = {"comm", "peer", "tag", "bytes", "sends", "gets", "keeps", "makes", "frees", "names", "by", "as"}

WRAPPER = """\
PMP_EXPORT int {name}({signature})
{{
	struct pmp_probe probe;
{always}
	if (!pmp_enter(&probe, __builtin_frame_address(0))){passed}
{before}	pmp_begin(&probe, PMP_CALL_{name}, {comm}, {peer}, {tag}, {size});
	int rc = P{name}({arguments});
	pmp_stop(&probe);
{after}	return rc;
}}
"""

HEADER = """\
/* Written by pmpi/generate.py from schema/calls.def and mpi.h; do not edit. */
#include "pmpi/wrapper.h"
"""


class Problem(Exception):
    pass


class Parameter:
    """One parameter: name, declaration as in mpi.h, and its type without const, name and brackets."""

    def __init__(self, text):
        self.text = text.strip()
        match = re.match(r"^(.*?)(\w+)\s*((?:\[\d*\])*)$", self.text)
        if not match:
            raise Problem(f"cannot read the parameter '{self.text}' of a prototype")
        self.name = match.group(2)
        self.is_array = bool(match.group(3))
        self.type = re.sub(r"\bconst\b|\s", "", match.group(1)) + ("*" if self.is_array else "")


class Function:
    def __init__(self, name, result, parameters):
        self.name = name
        self.result = result
        self.is_variadic = parameters.endswith("...")
        if self.is_variadic or parameters == "void":
            parameters = parameters.rstrip(". ,") if self.is_variadic else ""
        self.parameters = {p.name: p for p in map(Parameter, filter(None, parameters.split(",")))}

    def find(self, names):
        """The parameter meant by "datatype|type"."""
        for name in names.split("|"):
            if name in self.parameters:
                return self.parameters[name]
        raise Problem(f"{self.name} has no parameter '{names}'; it has: {', '.join(self.parameters)}")

    @property
    def signature(self):
        return ", ".join(p.text for p in self.parameters.values()) or "void"


def parse_attributes(name, rows):
    """The attributes of a row as a dictionary; as= is followed."""
    found = {}
    for key, value in re.findall(r"(\w+)=([\w|]+(?:\([^)]*\))?)", rows[name]):
        if key not in ATTRIBUTES:
            raise Problem(f"{name}: unknown attribute '{key}'")
        found[key] = value
    if "as" in found:
        if found["as"] not in rows:
            raise Problem(f"{name}: as={found['as']}, which has no row")
        return parse_attributes(found["as"], rows)
    return found


def lines(tabs, items):
    return "".join("\t" * tabs + item + "\n" for item in items)


class Wrapper:
    """The lines of one wrapper.

    always: before the MPI call, recorded or not; hooks: after it, recorded or not;
    before, after: around the MPI call when it is recorded.
    """

    def __init__(self, function, attributes):
        self.function = function
        self.attributes = attributes
        self.replaced = {}  # arguments that are handed on under another name
        self.always, self.hooks, self.before, self.after = [], [], [], []
        self.comm_lines()
        self.bytes_lines()
        self.frees_lines()
        self.status_lines()
        self.result_lines()

    def has(self, key):
        return key in self.attributes

    def parameter(self, key):
        return self.function.find(self.attributes[key])

    def value(self, key, fallback):
        return self.parameter(key).name if self.has(key) else fallback

    def entry(self, parameter):
        """What is known of the communicator, window, file or message of a parameter."""
        name = parameter.name
        nulls = {"MPI_Win*": "MPI_WIN_NULL", "MPI_File*": "MPI_FILE_NULL"}
        if parameter.type == "MPI_Message*":
            return f"pmp_message_take({name})"
        if parameter.type in nulls:
            return f"pmp_comm_get({name} ? *{name} : {nulls[parameter.type]})"
        return f"pmp_comm_get({name})"

    def comm_lines(self):
        if not self.has("comm"):
            return
        parameter = self.parameter("comm")
        line = f"const struct pmp_comm_entry *on = {self.entry(parameter)};"
        is_hooked = parameter.type == "MPI_Message*" or self.attributes.keys() & {"makes", "keeps", "names", "frees"}
        (self.always if is_hooked else self.before).append(line)

    def shape(self):
        """The call of pmp_<shape>, with arrays of counts wrapped and the communicator as what we know of it."""
        match = re.match(r"(\w+)\((.*)\)$", self.attributes["bytes"])
        if not match:
            raise Problem(f"{self.function.name}: bytes= wants a shape with parameters")
        arguments = []
        for names in match.group(2).split(", "):
            parameter = self.function.find(names)
            if parameter.type in ("MPI_Comm", "MPI_Win", "MPI_File"):
                arguments.append("on")
            elif parameter.type == "MPI_Datatype*":
                arguments.append(self.types(parameter))
            elif parameter.type == "int*":
                arguments.append(f"pmp_counts_int({parameter.name})")
            elif parameter.type == "MPI_Count*":
                arguments.append(f"pmp_counts_large({parameter.name})")
            else:
                arguments.append(parameter.name)
        return f"pmp_{match.group(1)}({', '.join(arguments)})"

    def types(self, parameter):
        return f"pmp_types_c({parameter.name})"

    def bytes_lines(self):
        self.size, self.out, self.in_ = "0", "0", "0"
        if not self.has("bytes") or self.has("keeps"):
            return
        self.before.append(f"struct pmp_bytes bytes = {self.shape()};")
        self.size, self.out, self.in_ = "pmp_larger(bytes)", "bytes.out", "bytes.in"

    def frees_lines(self):
        if not self.has("frees"):
            return
        parameter = self.parameter("frees")
        name = parameter.name
        if parameter.type == "MPI_Datatype*":
            self.always.append(f"pmp_type_freeing();")
            return
        self.always.append(f"struct pmp_comm_entry *ended = {name} ? pmp_handle_freeing(pmp_key(*{name})) : NULL;")
        self.hooks.append("pmp_handle_freed(rc, ended);")

    def status_lines(self):
        gets = self.attributes.get("gets")
        if gets in ("end", "request"):
            self.in_ = "0"
        if gets != "status":
            return
        self.status_taken(self.function.find("status").name)
        is_message = "File_" not in self.function.name
        arrived = "pmp_arrived(rc, on, seen)" if is_message else "pmp_read(rc, seen)"
        self.after.append(f"uint64_t in = {arrived};")
        self.in_ = "in"

    def status_taken(self, name):
        """`seen`: the program's status, or our own when it wants none."""
        self.before.append("MPI_Status own;")
        self.before.append(f"MPI_Status *seen = pmp_status({name}, &own);")
        self.replaced[name] = "seen"

    def learn(self, parameter):
        return f"pmp_comm_learn(on, {parameter.name}, rc);"

    def made_hook(self, parameter):
        name = parameter.name
        call = f"PMP_CALL_{self.function.name}"
        if parameter.type == "MPI_Comm*":
            comm = self.parameter("comm") if self.has("comm") else None
            parent = comm.name if comm else "MPI_COMM_NULL"
            return f"pmp_comm_made(rc, {call}, {parent}, {name});"
        if parameter.type == "MPI_Message*":
            flag = "flag" if "flag" in self.function.parameters else "NULL"
            return f"pmp_message_made(rc, {flag}, on, {name});"
        return f"pmp_handle_made(rc, on, {name});"

    def kept_hook(self, name):
        is_send = "true" if self.has("sends") else "false"
        is_recv = "true" if self.has("gets") else "false"
        peer, tag = self.value("peer", "PMP_NO_PEER"), self.value("tag", "PMP_NO_TAG")
        shape = self.shape() if self.has("bytes") else "(struct pmp_bytes){0, 0}"
        return f"pmp_keep(rc, {name}, on, {peer}, {tag}, {shape}, {is_send}, {is_recv});"

    def result_lines(self):
        if self.has("makes"):
            parameter = self.parameter("makes")
            hook = self.made_hook(parameter)
            if parameter.type in ("MPI_Win*", "MPI_File*"):
                hook = f"pmp_handle_made(rc, on, pmp_made_key(rc, {parameter.name}));"
            self.hooks.append(hook)
        if self.has("names"):
            self.hooks.append(f"pmp_comm_named(rc, on, {self.parameter('names').name});")
        if self.has("keeps"):
            self.hooks.append(self.kept_hook(self.parameter("keeps").name))
        if self.has("sends") and not self.has("keeps"):
            self.after.append(f"pmp_posted(rc, on, {self.parameter('sends').name}, bytes.out);")
        comm = self.function.find(self.attributes["comm"]) if self.has("comm") else None
        if comm and comm.type == "MPI_Comm":
            self.after.append(self.learn(comm))
        self.after.extend(self.hooks)
        if self.attributes.get("gets") == "request" and not self.has("keeps"):
            kind = "READ" if "File_" in self.function.name else "RECEIVE"
            self.after.append(f"struct pmp_stat *stat = pmp_leave(&probe, rc, {self.out}, {self.in_});")
            request = self.function.find("request").name
            self.after.append(
                f"pmp_started(rc, PMP_REQUEST_{kind}, {request}, {self.comm_index()}, {self.source()}, stat);")
        else:
            self.after.append(f"pmp_leave(&probe, rc, {self.out}, {self.in_});")

    def source(self):
        """Whom a nonblocking receive is from: only MPI_PROC_NULL matters."""
        if "message" in self.function.parameters:
            return "on == &pmp_comm_unknown ? MPI_PROC_NULL : 0"
        return "source" if "source" in self.function.parameters else "0"

    def comm_index(self):
        return "on->index" if self.has("comm") else "0"

    def text(self):
        function = self.function
        plain = ", ".join(function.parameters)
        passed = [f"int rc = P{function.name}({plain});", *self.hooks, "return rc;"]
        if not self.hooks:
            passed = [f"return P{function.name}({plain});"]
        passed = lines(2, passed)
        passed = f" {{\n{passed}\t}}\n" if self.hooks else f"\n{passed}"
        return WRAPPER.format(
            name=function.name, signature=function.signature, always=lines(1, self.always),
            passed=passed, before=lines(1, self.before), after=lines(1, self.after),
            comm=self.comm_index(), peer=self.value("peer", "PMP_NO_PEER"),
            tag=self.value("tag", "PMP_NO_TAG"), size=self.size,
            arguments=", ".join(self.replaced.get(p, p) for p in function.parameters))
