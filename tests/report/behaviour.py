"""What the report does with its options, and whether a stranger's JSON and CSV readers understand it."""
import csv
import io
import json
import os
import re
import subprocess
import sys
import time
import unittest

BINARY = sys.argv[1]


def run(*arguments, locale="C.UTF-8", extra=None):
    environment = dict(os.environ, LC_ALL=locale, **(extra or {}))
    return subprocess.run([BINARY, *arguments], env=environment, capture_output=True, text=True, errors="strict")


def report(*arguments):
    result = run("report", *arguments)
    assert result.returncode == 0, result
    return result.stdout


def report_json(*arguments):
    return json.loads(report("--format", "json", *arguments))


SPREAD = {"min": float, "mean": float, "max": float, "rank_of_max": int}
FRAME = {"function": (str, None), "file": (str, None), "line": (int, None)}
SUM = {"call": str, "count": int, "time_s": float, "max_s": float, "bytes_out": int, "bytes_in": int}
SCHEMA = {
    "format": str,
    "version": int,
    "run": {"command": str, "ranks": int, "nodes": int, "wall_s": float, "mpi": (str, None), "complete": bool,
            "warnings": [str]},
    "efficiency": {"parallel": (float, None), "load_balance": (float, None), "communication": (float, None),
                   "serialisation": (float, None), "transfer": (float, None)},
    "losses": [{"cause": str, "seconds": (float, None), "share": (float, None), "ranks": [int], "region": (str, None),
                **FRAME, "text": str}],
    "ranks": [{"rank": int, "host": (str, None), "state": str, "compute_s": float, "mpi_s": float, "io_s": float,
               "wall_s": float, "calls": int}],
    "regions": [{"path": str, "count": int, "time_s": SPREAD, "imbalance": (float, None)}],
    "calls": [SUM],
    "paths": [{**SUM, "region": (str, None), "frames": [FRAME]}],
    "messages": [{"src": (int, None), "dst": (int, None), "count": int, "bytes": int}],
}


def check(schema, value, where="report"):
    if isinstance(schema, dict):
        assert isinstance(value, dict), where
        for key, inner in schema.items():
            assert key in value, f"{where}.{key} is missing"
            check(inner, value[key], f"{where}.{key}")
    elif isinstance(schema, list):
        assert isinstance(value, list), where
        for index, element in enumerate(value):
            check(schema[0], element, f"{where}[{index}]")
    elif isinstance(schema, tuple):
        assert value is None or type(value) is schema[0], f"{where} = {value!r}"
    else:
        assert type(value) is schema, f"{where} = {value!r}"


SCENES = ["balanced", "slow-region", "slow-stretch", "communication", "crashed", "one-rank", "ranks64", "io", "crowded",
          "hostile", "nothing"]


class Json(unittest.TestCase):
    def test_every_scene_keeps_the_interface(self):
        for scene in SCENES:
            with self.subTest(scene):
                data = report_json(scene)
                check(SCHEMA, data)
                self.assertEqual((data["format"], data["version"]), ("pmprof-report", 1))

    def test_times_of_a_rank_sum_up_to_its_wall_time(self):
        for scene in SCENES:
            for rank in report_json(scene)["ranks"]:
                parts = sum(rank[k] for k in ("compute_s", "mpi_s", "io_s", "paused_s", "tool_s"))
                self.assertAlmostEqual(parts, rank["wall_s"], places=6)

    def test_paths_sum_up_to_calls(self):
        data = report_json("ranks64")
        for call in data["calls"]:
            paths = [p for p in data["paths"] if p["call"] == call["call"]]
            self.assertEqual(sum(p["count"] for p in paths), call["count"])
            self.assertEqual(sum(p["bytes_in"] for p in paths), call["bytes_in"])
            self.assertAlmostEqual(sum(p["time_s"] for p in paths), call["time_s"])

    def test_per_rank_when_asked(self):
        self.assertNotIn("per_rank", report_json("slow-region")["calls"][0])
        for call in report_json("--per-rank", "slow-region")["calls"]:
            self.assertEqual([r["rank"] for r in call["per_rank"]], [0, 1, 2, 3])
            self.assertEqual(sum(r["count"] for r in call["per_rank"]), call["count"])
            self.assertAlmostEqual(sum(r["time_s"] for r in call["per_rank"]), call["time_s"])

    def test_known_imbalance(self):
        data = report_json("slow-region")
        solve = next(r for r in data["regions"] if r["path"] == "solve")
        self.assertAlmostEqual(solve["imbalance"], 14 / 9.5 - 1)
        self.assertEqual(solve["time_s"]["rank_of_max"], 3)
        self.assertAlmostEqual(solve["time_s"]["max"], 14)
        loss = data["losses"][0]
        self.assertEqual((loss["cause"], loss["ranks"], loss["region"]), ("load imbalance", [3], "solve"))
        self.assertAlmostEqual(loss["seconds"], 18)

    def test_frames_are_innermost_first(self):
        path = next(p for p in report_json("slow-region")["paths"] if p["call"] == "MPI_Waitall")
        self.assertEqual([f["function"] for f in path["frames"]], ["exchange", "solve", "main"])
        self.assertEqual(path["frames"][0]["line"], 55)
        self.assertEqual(path["region"], "solve/halo")

    def test_unknown_is_null(self):
        data = report_json("nothing")
        self.assertIsNone(data["efficiency"]["parallel"])
        data = report_json("hostile")
        barrier = next(p for p in data["paths"] if p["call"] == "MPI_Barrier")
        self.assertEqual([barrier["frames"][0][k] for k in ("function", "file", "line")], [None, None, None])


class Options(unittest.TestCase):
    def test_sort_by_every_column(self):
        keys = {"time": lambda p: p["time_s"], "count": lambda p: p["count"], "max": lambda p: p["max_s"],
                "bytes": lambda p: p["bytes_out"] + p["bytes_in"],
                "imbalance": lambda p: p["imbalance"] * p["time_s"]}
        for name, key in keys.items():
            values = [key(p) for p in report_json("--sort", name, "slow-region")["paths"]]
            self.assertEqual(values, sorted(values, reverse=True), name)

    def test_top(self):
        self.assertEqual(len(report_json("--top", "2", "slow-region")["paths"]), 2)
        self.assertIn("2 of 5", report("--top", "2", "slow-region"))

    def test_flat_merges_callers(self):
        rows = list(csv.DictReader(io.StringIO(report("--format", "csv", "--flat", "slow-region"))))
        self.assertEqual(len(rows), len({(r["call"], r["file"], r["line"]) for r in rows}))

    def test_rank_filter(self):
        data = report_json("--rank", "0,2-3", "--per-rank", "slow-region")
        self.assertEqual([r["rank"] for r in data["ranks"]], [0, 2, 3])
        for call in data["calls"]:
            self.assertEqual([r["rank"] for r in call["per_rank"]], [0, 2, 3])
        for message in data["messages"]:
            self.assertTrue({message["src"], message["dst"]} & {0, 2, 3})
        self.assertEqual(data["efficiency"], report_json("slow-region")["efficiency"])

    def test_region_filter_takes_regions_inside_along(self):
        data = report_json("--region", "solve", "slow-region")
        self.assertEqual([r["path"] for r in data["regions"]], ["solve", "solve/halo"])
        self.assertEqual({p["region"] for p in data["paths"]}, {"solve", "solve/halo"})
        for name in ("halo", "solve/halo"):
            data = report_json("--region", name, "slow-region")
            self.assertEqual({p["region"] for p in data["paths"]}, {"solve/halo"})

    def test_ranks_are_folded_unless_asked(self):
        self.assertLess(report("ranks64").count("node0"), 16)
        self.assertEqual(len(re.findall(r"^ +\d+ .*node0", report("--all", "ranks64"), re.M)), 64)

    def test_every_csv_table_parses(self):
        tables = ["losses", "kinds", "efficiency", "ranks", "regions", "calls", "paths", "sizes", "messages"]
        for table in tables:
            for scene in ("slow-region", "hostile", "nothing"):
                rows = list(csv.reader(io.StringIO(report("--format", "csv", "--table", table, scene))))
                self.assertTrue(all(len(row) == len(rows[0]) for row in rows), (table, scene))
        ranks = list(csv.DictReader(io.StringIO(report("--format", "csv", "--table", "ranks", "ranks64"))))
        self.assertEqual([int(r["rank"]) for r in ranks], list(range(64)))
        self.assertAlmostEqual(float(ranks[63]["compute_s"]), 12.01)

    def test_wrong_values_get_one_line_and_exit_2(self):
        for arguments, expected in {
            ("--sort", "tme", "balanced"): "unknown column 'tme', did you mean 'time'?",
            ("--format", "jsn", "balanced"): "unknown format 'jsn', did you mean 'json'?",
            ("--region", "slove", "balanced"): "unknown region 'slove', did you mean 'solve'?",
            ("--rank", "4", "balanced"): "there is no rank 4, the last one is 3",
            ("--rank", "1-x", "balanced"): "'1-x' is not a list of ranks, write them as 0,3-5",
            ("--rank", "3-1", "balanced"): "'3-1' is not a list of ranks, write them as 0,3-5",
            ("--rank", "", "balanced"): "'' is not a list of ranks, write them as 0,3-5",
            ("--region", "x", "slow-stretch"): "unknown region 'x', the program marks no regions",
            ("--format", "csv", "--table", "rank", "balanced"): "unknown table 'rank', did you mean 'ranks'?",
            ("--table", "ranks", "balanced"): "'--table' needs '--format csv'",
            ("--top", "0", "balanced"): "'0' is no number for '--top', use 1 to 4294967295",
            ("--widht", "90", "balanced"): "unknown option '--widht', did you mean '--width'?",
            ("balanced", "io"): "one file at a time, 'io' is one too many",
            (): "which file? pmprof report FILE.pmprof.h5",
        }.items():
            result = run("report", *arguments)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (2, "", f"pmprof: {expected}\n"))

    def test_unreadable_input_is_exit_3(self):
        for verb in ("report", "info"):
            result = run(verb, "absent")
            self.assertEqual((result.returncode, result.stdout, result.stderr), (3, "", "pmprof: no scene 'absent'\n"))

    def test_info_goes_on_behind_a_bad_file(self):
        result = run("info", "absent", "balanced")
        self.assertEqual(result.returncode, 3)
        self.assertIn("./heat 2000 500", result.stdout)

    def test_full_output_is_an_error(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([BINARY, "report", "balanced"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 4)
        self.assertTrue(result.stderr.startswith("pmprof: cannot write the report: No space left"), result.stderr)


class Text(unittest.TestCase):
    def test_no_line_is_wider_than_asked_or_ends_in_blanks(self):
        for scene in SCENES + ["ranks10k"]:
            for width in (80, 100, 132):
                for line in report("--width", str(width), scene).splitlines():
                    self.assertEqual(line, line.rstrip(), scene)
                    if "pmprof report" not in line:
                        self.assertLessEqual(len(line), width, (scene, line))

    def test_ascii_where_the_locale_has_nothing_else(self):
        run("report", "ranks64", locale="C").stdout.encode("ascii")

    def test_no_colour_without_a_terminal_and_no_escapes_from_files(self):
        for scene in SCENES:
            for form in ("text", "md"):
                self.assertNotIn("\033", report("--format", form, scene))

    def test_colour_on_a_terminal_but_not_with_no_color(self):
        for extra, wanted in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)):
            master, slave = os.openpty()
            environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
            process = subprocess.Popen([BINARY, "report", "balanced"], stdout=slave,
                                       env=dict(environment, LC_ALL="C.UTF-8", **extra))
            os.close(slave)
            output = b""
            while True:
                try:
                    part = os.read(master, 65536)
                except OSError:
                    break
                if not part:
                    break
                output += part
            os.close(master)
            self.assertEqual(process.wait(), 0)
            self.assertEqual(b"\033[" in output, wanted, extra)

    def test_ten_thousand_ranks_are_one_screen_or_two(self):
        self.assertLess(len(report("ranks10k").splitlines()), 100)

    def test_time_grows_no_faster_than_the_data(self):
        def seconds(scene):
            begin = time.monotonic()
            report(scene)
            return time.monotonic() - begin
        small = min(seconds("ranks64") for _ in range(5))
        large = min(seconds("ranks10k") for _ in range(3))
        self.assertLess(large, small * 10000 / 64)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
