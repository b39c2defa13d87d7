"""A fix as the exporter prints it, and what a reader does with it, by the letter."""

import json

CONFIGURATION = "[Service]"
EDIT = "systemctl edit"
OF_THE_MACHINE = ("systemctl", "setcap")
# What `sudo` and the editor are on a test machine: nobody is there to type.
SUDO = '#!/bin/sh\nexec "$@"\n'
EDITOR = '#!/bin/sh\nsed -i "2r /tmp/lines" "$1"\n'  # below the two lines that say what to do


def blocks(fix):
    """[[line]]: what stands indented, a block for each time that prose comes between."""
    found = [[]]
    for line in fix.splitlines():
        if line.startswith("  "):
            found[-1].append(line[2:])
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


def configurations(fix):
    """The blocks to be written into a drop-in."""
    return [block for block in blocks(fix) if block[0] == CONFIGURATION]


def commands(fix):
    return [line for block in blocks(fix) if block[0] != CONFIGURATION for line in block]


class Reader:
    """Sits at a machine (machine.Machine or its like) and does what is printed."""

    def __init__(self, machine):
        self._machine = machine
        for path, text in (("/usr/local/bin/sudo", SUDO), ("/usr/local/bin/test-editor", EDITOR)):
            machine.write(path, text)
            machine.run(f"chmod 755 {path}")

    def follow(self, fix, which=0):
        """Runs the commands in their order; into a drop-in goes the block number `which` of those for one."""
        choices = configurations(fix)
        if choices:
            self._machine.write("/tmp/lines", "\n".join(choices[which]) + "\n")
        for command in commands(fix):
            if not any(f"{name} " in command for name in OF_THE_MACHINE):
                continue  # for another case, where the machine is a container: its host's
            if EDIT in command:
                # It wants a terminal.
                command = f'SYSTEMD_EDITOR=test-editor script --quiet --return --command "{command}" /dev/null'
            self._machine.run(command)


def findings(page):
    """{id: finding} of /probe."""
    return {finding["id"]: finding for finding in json.loads(page)["findings"]}
