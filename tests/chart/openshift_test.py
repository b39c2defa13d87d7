#!/usr/bin/python3
"""The manifests for OpenShift admit the chart's pods and nothing more, and the SELinux type gives perf alone."""

import base64
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import chart
import known_fields
import kube_types
import openshift_rules
import yaml

FOLDER = chart.DEPLOY / "openshift"
# What container-selinux gives: the classes of the kernel and the two blocks, with a right each to tell them by.
BASE_POLICY = """
(class file (read))
(class tcp_socket (listen))
(class capability2 (perfmon bpf))
(class perf_event (open cpu kernel tracepoint read write))
(classorder (file tcp_socket capability2 perf_event))
(sid kernel) (sidorder (kernel))
(user system_u) (role system_r) (userrole system_u system_r)
(sensitivity s0) (sensitivityorder (s0)) (category c0) (categoryorder (c0)) (sensitivitycategory s0 (c0))
(level low (s0)) (levelrange lowrange (low low)) (userlevel system_u low) (userrange system_u lowrange)
(type kernel_t) (roletype system_r kernel_t) (sidcontext kernel (system_u system_r kernel_t lowrange))
(allow kernel_t self (file (read)))
(block container (type process) (roletype system_r process) (allow process self (file (read))))
(block net_container (optional net_container_optional (allow process process (tcp_socket (listen)))))
"""


def tool(name):
    found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        raise unittest.SkipTest(f"needs {name}")
    return found


def allow_rules(policy):
    """{(source, target, class): permissions} of a policy in CIL, compiled and read back."""
    with tempfile.TemporaryDirectory() as folder:
        source, binary = pathlib.Path(folder, "policy.cil"), pathlib.Path(folder, "policy")
        source.write_text(policy, encoding="utf-8")
        for command in ([tool("secilc"), "--mls=true", "--handle-unknown=deny", f"--output={binary}",
                         f"--filecontext={folder}/contexts", source],
                        [tool("checkpolicy"), "-M", "-b", "-C", "-o", f"{folder}/back.cil", binary]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        text = pathlib.Path(folder, "back.cil").read_text(encoding="utf-8")
    rules = re.findall(r"^\(allow (\S+) (\S+) \((\S+) \(([^)]*)\)\)\)$", text, re.M)
    return {(source, target, kind): set(permissions.split()) for source, target, kind, permissions in rules}


def constraints():
    return chart.load("openshift/scc.yaml")


def pod(*arguments):
    return chart.pod_of(chart.render(*arguments))


class Manifests(unittest.TestCase):
    def test_every_manifest_fits_its_type(self):
        for name in ("scc.yaml", "machineconfig-selinux.yaml"):
            self.assertEqual(known_fields.problems(chart.load(f"openshift/{name}")), [], name)
        wrong = {**constraints(), "allowedCapability": ["PERFMON"], "priority": "high"}
        self.assertEqual(known_fields.problems(wrong), [
            "SecurityContextConstraints.priority: 'high' is of the wrong kind",
            "SecurityContextConstraints.allowedCapability: there is no such field"])

    def test_rbac_fits_its_type(self):
        for item in yaml.safe_load_all((FOLDER / "rbac.yaml").read_text(encoding="utf-8")):
            self.assertEqual(kube_types.problems(item), [])

    def test_they_give_perfmon_and_nothing_else(self):
        given = constraints()
        self.assertEqual(given["allowedCapabilities"], ["PERFMON"])
        self.assertEqual(given["requiredDropCapabilities"], ["ALL"])
        self.assertIsNone(given["defaultAddCapabilities"])
        self.assertEqual(given["volumes"], ["configMap"])
        self.assertEqual(given["runAsUser"], {"type": "MustRunAs", "uid": 65534})
        self.assertEqual((given["users"], given["groups"]), ([], []))
        self.assertEqual({key for key, value in given.items() if key.lower().count("allow") and value is True}, set())


class Admission(chart.WithHelm):
    def test_the_charts_pods_are_admitted(self):
        localhost = chart.setting(seccompProfile__type="Localhost",
                                  seccompProfile__localhostProfile="operator/perf-exporter.json")
        for more in ((), localhost):
            objections = openshift_rules.objections(constraints(), pod(*chart.platform_arguments("openshift"), *more))
            self.assertEqual(objections, [])

    def test_other_pods_are_not(self):
        host_mounts = chart.values(chart.CHART / "ci" / "host-mounts-values.yaml")
        for arguments, objections in (
            (chart.setting(platform="crio-legacy"), ["SYS_ADMIN: capability may not be added"]),
            (chart.setting(platform="docker-legacy"), ["allowPrivilegeEscalation: is not allowed"]),
            (chart.setting(platform="selinux"), ["seLinuxOptions.level: must be s0:c27,c4"]),
            (chart.setting(runAsUser="1001"), ["runAsUser: must be 65534"]),
            (host_mounts, ["hostPath volumes are not allowed to be used"]),
            (chart.setting(seccompProfile__type="Localhost", seccompProfile__localhostProfile="other.json"),
             ["seccomp: localhost/other.json is not an allowed seccomp profile"]),
        ):
            with self.subTest(arguments):
                self.assertEqual(openshift_rules.objections(constraints(), pod(*arguments)), objections)

    def test_the_account_that_may_use_them_is_the_charts(self):
        role, binding = yaml.safe_load_all((FOLDER / "rbac.yaml").read_text(encoding="utf-8"))
        self.assertEqual(role["rules"], [{"apiGroups": ["security.openshift.io"], "verbs": ["use"],
                                          "resources": ["securitycontextconstraints"],
                                          "resourceNames": [constraints()["metadata"]["name"]]}])
        self.assertEqual(binding["roleRef"]["name"], role["metadata"]["name"])
        # As the README installs it: release and namespace are both perf-exporter.
        objects = chart.render(*chart.platform_arguments("openshift"))
        self.assertEqual([(each["kind"], each["name"], each["namespace"]) for each in binding["subjects"]],
                         [("ServiceAccount", chart.only(objects, "ServiceAccount")["metadata"]["name"], "perf-exporter")])
        self.assertEqual(chart.pod_of(objects)["metadata"]["annotations"]["openshift.io/required-scc"],
                         constraints()["metadata"]["name"])


class SelinuxType(unittest.TestCase):
    def test_it_compiles_and_adds_perf_alone(self):
        module = (FOLDER / "perf_exporter.cil").read_text(encoding="utf-8")
        without, rules = allow_rules(BASE_POLICY), allow_rules(BASE_POLICY + module)
        own = "perf_exporter.process"
        self.assertEqual({key: rules[key] for key in set(rules) - set(without)}, {
            (own, "self", "file"): {"read"},
            (own, "self", "tcp_socket"): {"listen"},
            (own, "self", "capability2"): {"perfmon"},
            (own, "self", "perf_event"): {"open", "cpu", "kernel", "read", "write"},
        })

    def test_the_machine_config_carries_and_installs_it(self):
        config = chart.load("openshift/machineconfig-selinux.yaml")["spec"]["config"]
        [file] = config["storage"]["files"]
        head, _, body = file["contents"]["source"].partition(",")
        self.assertEqual(head, "data:;base64")
        self.assertEqual(base64.b64decode(body), (FOLDER / "perf_exporter.cil").read_bytes())
        [unit] = config["systemd"]["units"]
        command = re.search(r"^ExecStart=(.*)$", unit["contents"], re.M)[1].split()
        self.assertEqual(command[:3], ["/usr/sbin/semodule", "--install", file["path"]])
        self.assertEqual([each.rsplit("/", 1)[1] for each in command[3:]], ["base_container.cil", "net_container.cil"])


class Readme(unittest.TestCase):
    text = (FOLDER / "README.md").read_text(encoding="utf-8")

    def test_its_patches_fit_the_constraints(self):
        [added] = json.loads(re.search(r"'(\[\{.*?\}\])'", self.text, re.S)[1])
        self.assertEqual((added["op"], added["path"]), ("add", "/seccompProfiles/-"))
        patch = json.loads(re.search(r"'(\{\"seLinuxContext\".*?\})'", self.text, re.S)[1])
        patched = {**constraints(), **patch}
        patched["seccompProfiles"] = [*patched["seccompProfiles"], added["value"]]
        self.assertEqual(known_fields.problems(patched), [])
        self.assertEqual(openshift_rules.objections(patched, pod(*chart.platform_arguments("openshift"))), [])
        self.assertEqual(openshift_rules.assigned_selinux(patched)["type"], "perf_exporter.process")

    def test_its_findings_are_the_programs(self):
        table = self.text.split("\n## Troubleshooting\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", table, re.M)
        named = {each.strip("`") for row in rows for each in row.split(", ")}
        titles = re.findall(r"^## (.*)$", (chart.ROOT / "docs" / "permissions.md").read_text(encoding="utf-8"), re.M)
        known = {title.lower().replace(" ", "_") for title in titles}
        self.assertGreater(len(named), 5)
        self.assertEqual(named - known, set())


if __name__ == "__main__":
    chart.main()
