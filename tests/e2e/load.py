#!/usr/bin/python3
"""A known load on one CPU: load.py CPU FAULTS SWITCHES. Prints what the kernel charged to it, as JSON."""

import json
import mmap
import os
import resource
import sys

PAGES = 4096


def make_faults(number):
    """One minor fault for each page that is written for the first time; huge pages would take 512 at once."""
    while number > 0:
        pages = min(PAGES, number)
        with mmap.mmap(-1, pages * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            memory.madvise(mmap.MADV_NOHUGEPAGE)
            for offset in range(0, pages * mmap.PAGESIZE, mmap.PAGESIZE):
                memory[offset] = 1
        number -= pages


def make_switches(number):
    """Two processes of this CPU that wake each other: each message ends one's turn."""
    to_child, to_parent = os.pipe(), os.pipe()
    rounds = number // 2
    child = os.fork()
    if child == 0:
        for _ in range(rounds):
            os.read(to_child[0], 1)
            os.write(to_parent[1], b"x")
        os._exit(0)
    for _ in range(rounds):
        os.write(to_child[1], b"x")
        os.read(to_parent[0], 1)
    os.waitpid(child, 0)


def main():
    cpu, faults, switches = (int(argument) for argument in sys.argv[1:])
    os.sched_setaffinity(0, {cpu})
    before = resource.getrusage(resource.RUSAGE_SELF)
    make_faults(faults)
    after = resource.getrusage(resource.RUSAGE_SELF)
    minor = after.ru_minflt - before.ru_minflt
    make_switches(switches)
    last = resource.getrusage(resource.RUSAGE_SELF)
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    switched = last.ru_nvcsw + last.ru_nivcsw - after.ru_nvcsw - after.ru_nivcsw + child.ru_nvcsw + child.ru_nivcsw
    print(json.dumps({"minor_faults": minor, "context_switches": switched}))


if __name__ == "__main__":
    main()
