#!/usr/bin/python3
"""The profile and the operator's manifest as texts: current, well formed, of one content, and without what must never
be there."""

import json
import re
import subprocess
import sys
import unittest

import checking
import harness
from starting import needs_seccomp, seccomp

try:
    import yaml
except ImportError:
    yaml = None

FOLDER = checking.PROFILE.parent
# What would be of use to who took the program over. Many of them take a capability besides.
NEVER = {
    "acct", "add_key", "bpf", "chroot", "clock_settime", "delete_module", "execveat", "fanotify_init", "finit_module",
    "fsconfig", "fsmount", "fsopen", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm",
    "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "mknod", "mknodat", "mount", "mount_setattr",
    "move_mount", "name_to_handle_at", "open_by_handle_at", "open_tree", "personality", "pidfd_getfd", "pivot_root",
    "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "reboot", "request_key", "setns",
    "settimeofday", "swapoff", "swapon", "symlink", "syslog", "umount2", "unshare", "userfaultfd", "vhangup",
}  # fmt: skip
# What 64-bit Arm has instead of a call that it lacks.
ON_ARM = {"access": "faccessat", "arch_prctl": None, "poll": "ppoll", "readlink": "readlinkat", "unlink": "unlinkat"}
# config-linux.md#seccomp of the OCI runtime specification; of `comment` runtimes take no notice.
RULE = {"names", "action", "errnoRet", "args", "comment"}
# The operator's type SeccompProfile, v1beta1. Its errnoRet has been a text and a number: none may be written.
MANIFEST_RULE = {"names", "action", "args"}
ARGUMENT = {"index", "value", "valueTwo", "op"}


def profile():
    return json.loads(checking.PROFILE.read_text(encoding="ascii"))


def manifest():
    return yaml.safe_load((FOLDER / "seccompprofile.yaml").read_text(encoding="ascii"))


def names(rules):
    return [name for rule in rules for name in rule["names"]]


def is_known(architecture, name):
    """1 or more where the architecture has the call, 0 where only others do; an unknown name fails."""
    number = seccomp.resolve_syscall(architecture, name)
    assert number != -1, f"{name} is no system call"
    return number >= 0


class Profile(unittest.TestCase):
    def test_it_is_what_the_generator_writes(self):
        done = subprocess.run([sys.executable, "-B", FOLDER / "generate.py", "--check"], capture_output=True, text=True,
                              check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_it_is_well_formed(self):
        whole = profile()
        self.assertEqual(whole["defaultAction"], "SCMP_ACT_ERRNO")
        self.assertEqual(whole["architectures"], ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"])
        self.assertEqual(whole.keys() - {"defaultAction", "defaultErrnoRet", "architectures", "syscalls"}, set())
        for rule in whole["syscalls"]:
            self.assertEqual(rule.keys() - RULE, set())
            self.assertTrue(rule["comment"])
            self.assertEqual("errnoRet" in rule, rule["action"] == "SCMP_ACT_ERRNO")
            for argument in rule.get("args", ()):
                self.assertEqual(argument.keys() - ARGUMENT, set())
        listed = [name for name in names(whole["syscalls"]) if name != "socket"]
        self.assertEqual(len(listed), len(set(listed)), "a name stands in two groups")

    def test_the_documents_tell_its_size(self):
        allowed = set(names(rule for rule in profile()["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"))
        for path in ("deploy/seccomp/README.md", "docs/security.md"):
            text = (FOLDER.parents[1] / path).read_text(encoding="utf-8")
            self.assertEqual(re.findall(r"\b(\d+) names", text), [str(len(allowed))], path)

    @needs_seccomp
    def test_all_names_are_system_calls(self):
        for name in names(profile()["syscalls"]):
            for architecture in (seccomp.Arch.X86_64, seccomp.Arch.AARCH64):
                is_known(architecture, name)
        with self.assertRaises(AssertionError):
            is_known(seccomp.Arch.X86_64, "perf_event_opne")

    @needs_seccomp
    def test_what_arm_lacks_has_its_stand_in(self):
        allowed = set(names(profile()["syscalls"]))
        lacking = {name for name in names(profile()["syscalls"][:1]) if not is_known(seccomp.Arch.AARCH64, name)}
        self.assertEqual(lacking, set(ON_ARM))
        for name in filter(None, ON_ARM.values()):
            self.assertIn(name, allowed)
            self.assertTrue(is_known(seccomp.Arch.AARCH64, name), name)

    def test_what_must_never_be_there_is_not(self):
        self.assertEqual(NEVER & set(names(profile()["syscalls"])), set())

    @needs_seccomp
    def test_what_must_never_be_there_is_spelt_right(self):
        for name in NEVER:
            is_known(seccomp.Arch.X86_64, name)

    def test_what_starts_a_container_stands_apart(self):
        rules = [rule for rule in profile()["syscalls"] if rule["comment"].startswith("Starting a container")]
        apart = set(names(rules))
        self.assertLessEqual({"execve", "setgroups", "setresuid", "setuid", "chdir"}, apart)
        self.assertNotIn("execve", names(profile()["syscalls"][:1]))


@unittest.skipUnless(yaml, "needs python3-yaml")
class Manifest(unittest.TestCase):
    def test_the_manifest_is_well_formed(self):
        whole = manifest()
        self.assertEqual(whole.keys(), {"apiVersion", "kind", "metadata", "spec"})
        self.assertEqual(whole["apiVersion"], "security-profiles-operator.x-k8s.io/v1beta1")
        self.assertEqual((whole["kind"], whole["metadata"]), ("SeccompProfile", {"name": "perf-exporter"}))
        self.assertEqual(whole["spec"].keys(), {"defaultAction", "architectures", "syscalls"})
        for rule in whole["spec"]["syscalls"]:
            self.assertEqual(rule.keys() - MANIFEST_RULE, set())

    def test_it_says_what_the_profile_says(self):
        """But for clone3, which can be allowed or refused there, and not be answered with ENOSYS."""
        expected = []
        for rule in profile()["syscalls"]:
            kept = {key: value for key, value in rule.items() if key in MANIFEST_RULE}
            expected.append({**kept, "action": "SCMP_ACT_ALLOW"})
        spec = manifest()["spec"]
        self.assertEqual(spec["syscalls"], expected)
        refused = [rule for rule in profile()["syscalls"] if rule["action"] != "SCMP_ACT_ALLOW"]
        self.assertEqual(names(refused), ["clone3"])
        for key in ("defaultAction", "architectures"):
            self.assertEqual(spec[key], profile()[key])
        self.assertEqual(profile()["defaultErrnoRet"], 1, "it can't be written there: runtimes take EPERM")

    def test_what_asks_for_it_has_its_name(self):
        constraints = yaml.safe_load((FOLDER.parent / "openshift/scc.yaml").read_text(encoding="utf-8"))
        file = f"{manifest()['metadata']['name']}.json"
        self.assertEqual(file, checking.PROFILE.name)
        self.assertLessEqual({f"localhost/{file}", f"localhost/operator/{file}"}, set(constraints["seccompProfiles"]))
        values = FOLDER.parent / "helm/perf-exporter/ci/seccomp-localhost-values.yaml"
        chosen = yaml.safe_load(values.read_text(encoding="utf-8"))["seccompProfile"]
        self.assertEqual(chosen, {"type": "Localhost", "localhostProfile": file})


if __name__ == "__main__":
    harness.main()
