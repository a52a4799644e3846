"""Read arenas without any of our C code: layouts from schema/arena.def, calls from schema/calls.def.

Used by the tests of what libpmprof.so records, so that a mistake in the writer or the reader cannot hide one in the recorder.
"""
import ctypes
import os
import re

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "schema")
PAGE = 4096
TYPES = {"uint64_t": ctypes.c_uint64, "uint32_t": ctypes.c_uint32, "uint16_t": ctypes.c_uint16,
         "uint8_t": ctypes.c_uint8, "int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64,
         "double": ctypes.c_double, "char": ctypes.c_char}


def text_of(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def field(kind, declarator):
    name, _, length = declarator.partition("[")
    base = TYPES.get(kind) or STRUCTS[kind]
    return name, base * int(length.rstrip("]")) if length else base


def read_structs():
    """The structs of arena.h that are written out, then the records of arena.def."""
    header = text_of("arena.h")
    for name in ("pmp_clock_pair", "pmp_part_name", "pmp_segment", "pmp_arena_header"):
        body = re.search(r"struct %s \{(.*?)\n\};" % name, header, re.S).group(1)
        body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
        fields = re.findall(r"(?:struct )?(\w+) (\w+(?:\[\d+\])?);", body)
        STRUCTS[name] = type(name, (ctypes.Structure,), {"_fields_": [field(*f) for f in fields]})
    table = text_of("arena.def")
    for name in re.findall(r"^PMP_RECORD\((\w+)", table, re.M):
        fields = re.findall(r"^PMP_FIELD\(%s,\s*(\w+),\s*(\w+(?:\[\d+\])?)," % name, table, re.M)
        STRUCTS[name] = type(name, (ctypes.Structure,), {"_fields_": [field(*f) for f in fields]})


def read_kinds():
    header = text_of("arena.h")
    names = re.search(r"enum pmp_kind \{(.*?)\};", header, re.S).group(1)
    kinds = re.findall(r"PMP_KIND_(\w+)", names)
    records = dict((kind, name) for name, kind in re.findall(r"^PMP_RECORD\((\w+), (\w+),", text_of("arena.def"), re.M))
    return {number: records.get(kind) for number, kind in enumerate(kinds)}


STRUCTS = {}
read_structs()
KINDS = read_kinds()
CALLS = [("?", "MARK")] + re.findall(r"^PMP_CALL\((\w+),\s*(\w+),", text_of("calls.def"), re.M)


class Arena:
    """header, and tables[(record name, lane)] = list of records"""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.header = STRUCTS["pmp_arena_header"].from_buffer_copy(self.data)
        self.tables = {}
        offset = PAGE
        segment_type = STRUCTS["pmp_segment"]
        while offset + ctypes.sizeof(segment_type) <= len(self.data):
            segment = segment_type.from_buffer_copy(self.data, offset)
            if segment.magic != 0x53504D50:
                break
            self.add(segment, offset + ctypes.sizeof(segment_type))
            offset += segment.length

    def add(self, segment, at):
        name = KINDS.get(segment.kind)
        if name is None or name == "event":
            return
        record = STRUCTS[name]
        rows = self.tables.setdefault((name, segment.lane), [])
        for i in range(segment.count):
            rows.append(record.from_buffer_copy(self.data, at + i * segment.record_bytes))

    def of_all_lanes(self, name):
        return [row for (kind, _), rows in self.tables.items() if kind == name for row in rows]

    def calls(self):
        """name -> [count, bytes out, bytes in]"""
        found = {}
        for stat in self.of_all_lanes("stat"):
            if stat.count == 0 or CALLS[stat.call][1] == "MARK":
                continue
            row = found.setdefault(CALLS[stat.call][0], [0, 0, 0])
            row[0] += stat.count
            row[1] += stat.bytes_out
            row[2] += stat.bytes_in + stat.bytes_in_late
        return found

    def peers(self):
        """world rank -> [sent, bytes, received, bytes]"""
        found = {}
        for peer in self.of_all_lanes("peer"):
            if peer.sent_count == 0 and peer.recv_count == 0:
                continue
            row = found.setdefault(peer.world, [0, 0, 0, 0])
            row[0] += peer.sent_count
            row[1] += peer.sent_bytes
            row[2] += peer.recv_count
            row[3] += peer.recv_bytes
        return found

    def interval(self):
        """(wall, parts): ticks of the measured interval, and the sum of what the main thread did in it"""
        wall = self.header.finalize_ticks - self.header.begin_ticks
        lane = next(rows for (kind, _), rows in self.tables.items() if kind == "lane")[0]
        parts = lane.tool + lane.paused
        parts += sum(gap.total for gap in self.tables.get(("gap", 0), []))
        parts += sum(stat.total for stat in self.tables.get(("stat", 0), []))
        return wall, parts
