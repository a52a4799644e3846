"""The report over made-up runs against texts that were read line by line. `golden.py --update BINARY FOLDER` writes them anew:
read the difference before you commit it."""
import os
import subprocess
import sys

CASES = {
    # name: (locale, arguments)
    "balanced": ("C.UTF-8", ["report", "balanced"]),
    "slow-region": ("C.UTF-8", ["report", "slow-region"]),
    "slow-stretch": ("C.UTF-8", ["report", "slow-stretch"]),
    "communication": ("C.UTF-8", ["report", "communication"]),
    "crashed": ("C.UTF-8", ["report", "crashed"]),
    "one-rank": ("C.UTF-8", ["report", "one-rank"]),
    "ranks64": ("C.UTF-8", ["report", "ranks64"]),
    "ranks10k": ("C.UTF-8", ["report", "ranks10k"]),
    "io": ("C.UTF-8", ["report", "io"]),
    "crowded": ("C.UTF-8", ["report", "crowded"]),
    "hostile": ("C.UTF-8", ["report", "hostile"]),
    "batch": ("C.UTF-8", ["report", "batch"]),
    "info-batch": ("C.UTF-8", ["info", "batch"]),
    "json-batch": ("C.UTF-8", ["report", "--format", "json", "batch"]),
    "nothing": ("C.UTF-8", ["report", "nothing"]),
    "ascii": ("C", ["report", "slow-region"]),
    "narrow": ("C.UTF-8", ["report", "--width", "50", "slow-region"]),
    "filtered": ("C.UTF-8", ["report", "--rank", "2-3", "--region", "halo", "--sort", "imbalance", "--flat", "slow-region"]),
    "markdown": ("C.UTF-8", ["report", "--format", "md", "slow-region"]),
    "hostile-markdown": ("C.UTF-8", ["report", "--format", "md", "hostile"]),
    "csv": ("C.UTF-8", ["report", "--format", "csv", "slow-region"]),
    "json": ("C.UTF-8", ["report", "--format", "json", "--per-rank", "slow-stretch"]),
    "json-crashed": ("C.UTF-8", ["report", "--format", "json", "crashed"]),
    "info": ("C.UTF-8", ["info", "slow-region"]),
}


def run(binary, locale, arguments):
    environment = {k: v for k, v in os.environ.items() if k != "LANG" and not k.startswith("LC_")}
    environment["LC_ALL"] = locale
    result = subprocess.run([binary] + arguments, env=environment, capture_output=True)
    if result.returncode != 0 or result.stderr:
        sys.exit(f"{arguments}: exit {result.returncode}, stderr {result.stderr!r}")
    return result.stdout


def main():
    update = sys.argv[1] == "--update"
    binary, folder = sys.argv[-2:]
    failed = 0
    for name, (locale, arguments) in CASES.items():
        path = os.path.join(folder, name + ".txt")
        output = run(binary, locale, arguments)
        if update:
            with open(path, "wb") as file:
                file.write(output)
            continue
        with open(path, "rb") as file:
            expected = file.read()
        if output != expected:
            failed += 1
            got = path.replace(folder, os.getcwd()) + ".got"
            with open(got, "wb") as file:
                file.write(output)
            subprocess.run(["diff", "-u", path, got])
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
