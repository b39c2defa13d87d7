#!/usr/bin/python3
"""The completions in the real shells, driven as a user does: keys are typed at a terminal, and the command that
the shell then runs tells what it was completed to."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

import harness

COMPLETIONS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "completions"
TAB = "\t"
ALL = "\x14"  # ^T, bound to what inserts every possible completion

# The command under completion prints its arguments.
BASH = f"""
PS1='ready> '
bind 'set enable-bracketed-paste off'
bind '"\\C-t": insert-completions'
source {COMPLETIONS}/perf-exporter.bash
perf-exporter() {{ printf '{{%s}}' "$@"; echo '{{end}}'; }}
"""
ZSH = f"""
PS1='ready> '
unset zle_bracketed_paste
fpath=({COMPLETIONS} $fpath)
autoload -Uz compinit && compinit -u -D
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches:*' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
bindkey '^T' all-matches
perf-exporter() {{ printf '{{%s}}' "$@"; echo '{{end}}'; }}
"""


def needs(shell):
    path = shutil.which(shell)
    if path is None:
        raise unittest.SkipTest(f"needs {shell}")
    return path


class Terminal:
    """An interactive shell at a terminal of its own."""

    def __init__(self, command, start):
        self._directory = tempfile.TemporaryDirectory()
        for name in ("dir one", "dir-two"):
            os.mkdir(os.path.join(self._directory.name, name))
        pathlib.Path(self._directory.name, "file.toml").touch()
        rc = pathlib.Path(self._directory.name, "rc")
        rc.write_text(start, encoding="utf-8")
        self._master, slave = pty.openpty()
        environment = {"TERM": "dumb", "HOME": self._directory.name, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self._shell = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=self._directory.name,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self._seen = ""
        self._expect("[$%#>] ")
        self._type(f". {rc}\n")
        self._expect("ready> ")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._master)  # the shell is hung up
        try:
            self._shell.wait(harness.PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._shell.kill()
            self._shell.wait()
        self._directory.cleanup()

    def _type(self, keys):
        os.write(self._master, keys.encode())

    def _expect(self, pattern):
        """What has been shown up to the end of the pattern."""
        deadline = time.monotonic() + harness.PATIENCE_SECONDS
        while not re.search(pattern, self._seen):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._master], [], [], left)[0]:
                raise AssertionError(f"waited in vain for {pattern!r}, saw {self._seen!r}")
            self._seen += os.read(self._master, 4096).decode(errors="replace")
        end = re.search(pattern, self._seen).end()
        shown, self._seen = self._seen[:end], self._seen[end:]
        return shown

    def arguments(self, line):
        """The arguments that perf-exporter gets when this is typed, keys of completion among it."""
        self._type(f"perf-exporter {line}\n")
        shown = self._expect(r"\{end\}\r?\n")
        self._expect("ready> ")
        # What is typed is shown, too, but holds no braces.
        return re.findall(r"\{([^{}]*)\}", shown)[:-1]


def flags(*command):
    """As --help shows them, an account that is not the completions' own."""
    return set(re.findall(r"^  (?:-h, )?(--[\w.-]+)", harness.run(*command, "--help").stdout, re.M))


def collectors():
    text = harness.run("--help").stdout.partition("Collectors there are")[2]
    return re.findall(r"^  [* ] ?(\w+) ", text, re.M)


class Cases:
    """What every shell must do. `terminal` and `insert` are the shell's."""

    def completed(self, line):
        # zsh puts the '=' behind a flag that takes a value, and bash keeps the slash behind a folder.
        return [argument.rstrip("=/") for argument in self.terminal.arguments(line)]

    def check_flags_and_commands(self):
        self.assertEqual(self.completed("--aggr" + TAB), ["--aggregate"])
        self.assertEqual(self.completed("pro" + TAB), ["probe"])
        self.assertEqual(set(self.completed("--" + ALL)), flags())
        self.assertEqual(set(self.completed("probe --" + ALL)) - {"probe"}, flags() | flags("probe"))
        self.assertEqual(self.completed("--cpus 0 stat --f" + TAB), ["--cpus", "0", "stat", "--for"])
        self.assertEqual(set(self.completed(ALL)), {"probe", "list", "stat"})
        # Only one command, and probe's flags are not serving's.
        self.assertEqual(self.completed("probe sta" + TAB), ["probe", "sta"])
        self.assertEqual(self.completed("--exit-z" + TAB), ["--exit-z"])

    def check_values(self):
        self.assertEqual(self.completed("--aggregate pa" + TAB), ["--aggregate", "package"])
        self.assertEqual(self.completed("--log.format=j" + TAB), ["--log.format=json"])
        self.assertEqual(self.completed("probe --format te" + TAB), ["probe", "--format", "text"])
        self.assertEqual(self.completed("--no-collector sta" + TAB), ["--no-collector", "stalls"])
        self.assertEqual(self.completed("--collector=cycles,instr" + TAB), ["--collector=cycles,instructions"])
        self.assertEqual(self.completed("--path.sysfs dir-" + TAB), ["--path.sysfs", "dir-two"])
        self.assertEqual(self.completed("--config fi" + TAB), ["--config", "file.toml"])


class Bash(unittest.TestCase, Cases):
    def setUp(self):
        command = [needs("bash"), "--norc", "--noprofile", "-i"]
        self.terminal = self.enterContext(Terminal(command, BASH))

    def test_bash_completes_flags_and_commands(self):
        self.check_flags_and_commands()

    def test_bash_completes_values(self):
        self.check_values()
        self.assertEqual(set(self.completed("--collector " + ALL)) - {"--collector"}, set(collectors()))


class Zsh(unittest.TestCase, Cases):
    def setUp(self):
        command = [needs("zsh"), "-f", "-i"]
        self.terminal = self.enterContext(Terminal(command, ZSH))

    def test_zsh_completes_flags_and_commands(self):
        self.check_flags_and_commands()

    def test_zsh_completes_values(self):
        self.check_values()


class Fish(unittest.TestCase):
    """fish says itself what it would offer for a line."""

    def offered(self, line):
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(
                [needs("fish"), "--no-config", "-c",
                 f"source {COMPLETIONS}/perf-exporter.fish; complete --do-complete 'perf-exporter {line}'"],
                env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home},
                cwd=COMPLETIONS, capture_output=True, text=True, check=False,
            )  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {row.split("\t")[0] for row in done.stdout.splitlines()}

    def test_fish_offers_flags_and_commands(self):
        self.assertEqual(self.offered("--"), flags())
        self.assertEqual(self.offered("probe --"), flags() | flags("probe"))
        self.assertEqual(self.offered(""), {"probe", "list", "stat"})
        self.assertEqual(self.offered("probe sta"), set())

    def test_fish_offers_values(self):
        self.assertEqual(self.offered("--aggregate "), {"cpu", "package", "node"})
        self.assertEqual(self.offered("--log.format=j"), {"--log.format=json"})
        self.assertEqual(self.offered("--collector "), set(collectors()))
        self.assertEqual(self.offered("--collector cycles,ins"), {"cycles,instructions"})
        self.assertEqual(self.offered("--config perf-exporter.f"), {"perf-exporter.fish"})
        self.assertIn("../systemd/", self.offered("--path.sysfs ../s"))


if __name__ == "__main__":
    harness.main()
