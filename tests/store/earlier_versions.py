#!/usr/bin/env python3
"""Files that earlier versions wrote (versions/MAJOR.MINOR.pmprof.h5) say what they said then (the .txt beside each)."""
import os

from store_harness import check, finish, good

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "versions")


def main():
    files = sorted(name for name in os.listdir(FOLDER) if name.endswith(".pmprof.h5"))
    check(files, "no files of earlier versions")
    for name in files:
        path = os.path.join(FOLDER, name)
        dump = good("read", path, "dump=1")
        with open(path.replace(".pmprof.h5", ".txt"), encoding="utf-8") as f:
            check(dump == f.read(), f"{name} reads differently now")
    finish()


if __name__ == "__main__":
    main()
