#!/usr/bin/python3
"""What can't work is refused when it is rendered, with the reason; what may not work is said in the notes."""

import pathlib
import shutil
import tempfile
import chart

NOTES_AS_OBJECT = 'kind: Notes\nnotes: {{ tpl (.Files.Get "NOTES.txt") . | toJson }}\n'


def notes(*arguments):
    """The notes as `helm install` would print them: helm template renders them only as part of an object."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "perf-exporter")
        shutil.copytree(chart.CHART, copy)
        (copy / "templates" / "NOTES.txt").rename(copy / "NOTES.txt")
        (copy / "templates" / "notes.yaml").write_text(NOTES_AS_OBJECT, encoding="utf-8")
        return chart.only(chart.render("--show-only", "templates/notes.yaml", *arguments, chart=copy), "Notes")["notes"]


class Platform(chart.WithHelm):
    def test_what_can_count_nothing_is_refused_with_the_reason(self):
        gvisor_nodes = ["--set-string", r"nodeSelector.sandbox\.gke\.io/runtime=gvisor"]
        for arguments, reason in (
            (chart.setting(platform="gke-autopilot"), "Autopilot's admission refuses the capability PERFMON"),
            (chart.setting(hostUsers="false"), "in the node's own one, so every count would be refused (EACCES)"),
            (chart.setting(runtimeClassName="gvisor"), "every open gives ENODEV"),
            (chart.setting(runtimeClassName="runsc-kvm"), "every open gives ENODEV"),
            (gvisor_nodes, "every open gives ENODEV"),
            (chart.setting(platform="openshift"), "set serviceAccount.create=true"),
            (chart.setting(seccompProfile__type="Localhost"), "needs seccompProfile.localhostProfile"),
            (chart.setting(podMonitor__enabled="true", serviceMonitor__enabled="true"), "sums would count twice"),
            (["--set", r"config.web\.listen-address={:9000}"], "Set port."),
        ):
            with self.subTest(arguments):
                done = chart.template(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(reason, " ".join(done.stderr.split()))

    def test_an_account_that_is_there_serves_on_openshift(self):
        objects = chart.render(*chart.setting(platform="openshift", serviceAccount__name="counters"))
        self.assertEqual(chart.pod_of(objects)["spec"]["serviceAccountName"], "counters")
        self.assertEqual([each for each in objects if each["kind"] == "ServiceAccount"], [])

    def test_every_platform_of_the_schema_renders_or_is_refused(self):
        for platform in (*chart.PLATFORMS, "gke-autopilot"):
            done = chart.template(*chart.platform_arguments(platform))
            self.assertEqual(done.returncode == 0, platform in chart.PLATFORMS, done.stderr)

    def test_notes_say_how_to_see_the_probe_and_what_the_nodes_need(self):
        text = notes()
        for line in ("kubectl --namespace counting logs daemonset/perf-exporter --container preflight",
                     "kubectl --namespace counting port-forward daemonset/perf-exporter 10950",
                     "kubectl label namespace counting pod-security.kubernetes.io/enforce=privileged",
                     "echo kernel.perf_event_paranoid=2 > /etc/sysctl.d/60-perf-exporter.conf && sysctl --system"):
            self.assertIn(f"  {line}\n", text)
        self.assertIn("SYS_ADMIN in the container would not help", text)
        self.assertIn("podMonitor.enabled=true", text)
        self.assertNotIn("WARNING", text)
        self.assertNotIn("preflight\n", notes(*chart.setting(preflight__enabled="false")))
        self.assertNotIn("podMonitor", notes(*chart.setting(podMonitor__enabled="true")))

    def test_notes_warn_where_values_and_cluster_show_it(self):
        openshift = ("--api-versions", "security.openshift.io/v1")
        crio = "refuses perf_event_open to PERFMON alone in CRI-O before 1.35.1"
        for arguments, warning in (
            (openshift, "Set platform=openshift"),
            (chart.platform_arguments("openshift"), crio),
            (chart.setting(platform="crio-legacy"), "are given SYS_ADMIN beside PERFMON"),
            (chart.setting(platform="docker-legacy"), "allowPrivilegeEscalation is true"),
            (chart.setting(runtimeClassName="kata-qemu"), "counts its own small virtual machine"),
        ):
            with self.subTest(arguments):
                text = " ".join(notes(*arguments).split())
                self.assertEqual(text.count("WARNING"), 1)
                self.assertIn(warning, text)
        localhost = chart.setting(seccompProfile__type="Localhost", seccompProfile__localhostProfile="p.json")
        self.assertNotIn("WARNING", notes(*chart.platform_arguments("openshift"), *localhost, *openshift))


if __name__ == "__main__":
    chart.main()
