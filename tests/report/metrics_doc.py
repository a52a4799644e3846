"""docs/METRICS.md and src/metrics/metrics.def have to say the same of every metric."""
import os
import re
import sys

root = sys.argv[1]
with open(os.path.join(root, "src/metrics/metrics.def")) as file:
    source = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
rows = []
for body in re.findall(r"PMP_METRIC\((.*?)\)\s*(?=PMP_METRIC|\Z)", source, flags=re.S):
    rows.append(re.findall(r'"((?:[^"\\]|\\.)*)"', body))

with open(os.path.join(root, "docs/METRICS.md")) as file:
    table = file.read().split("## Table")[1].split("\n\n")[1]
documented = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
for row in documented:
    row[0] = row[0].strip("`")

failed = False
for expected in rows:
    if expected not in documented:
        failed = True
        print("metrics.def:", expected)
        print("METRICS.md: ", next((d for d in documented if d[0] == expected[0]), "nothing"))
if len(rows) != len(documented) or len(rows) < 10:
    failed = True
    print(f"{len(rows)} rows in metrics.def, {len(documented)} in METRICS.md")
sys.exit(failed)
