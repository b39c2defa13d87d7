#!/usr/bin/python3
"""The chart renders for every file of values, into what the Kubernetes API takes, and refuses other values."""

import copy
import chart
import kube_types
import yaml


class Render(chart.WithHelm):
    def test_lint_has_nothing_to_say(self):
        for path in chart.CI_VALUES:
            with self.subTest(path.name):
                done = chart.helm("lint", "--strict", "--quiet", chart.CHART, *chart.values(path))
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_every_object_fits_the_types_of_the_api(self):
        chart.fetched("types")
        kinds = set()
        for path in chart.CI_VALUES:
            with self.subTest(path.name):
                for item in chart.render(*chart.values(path)):
                    kinds.add(item["kind"])
                    self.assertEqual(kube_types.problems(item), [])
        self.assertEqual(kinds, {"ConfigMap", "DaemonSet", "NetworkPolicy", "PodMonitor", "Service", "ServiceAccount",
                                 "ServiceMonitor"})

    def test_the_types_find_what_does_not_fit(self):
        good = chart.only(chart.render(), "DaemonSet")

        def problems_with(change):
            item = copy.deepcopy(good)
            spec = item["spec"]["template"]["spec"]
            change(item, spec, spec["containers"][0])
            return kube_types.problems(item)

        self.assertEqual(problems_with(lambda item, spec, main: None), [])
        place = "DaemonSet.spec.template.spec"
        for change, problem in (
            (lambda item, spec, main: main.update(securityContexts={}),
             f"{place}.containers[0].securityContexts: there is no such field"),
            (lambda item, spec, main: main["securityContext"]["capabilities"].update(ADD=["X"]),
             f"{place}.containers[0].securityContext.capabilities.ADD: there is no such field"),
            (lambda item, spec, main: main.pop("name"), f"{place}.containers[0].name: is missing"),
            (lambda item, spec, main: item["spec"].pop("selector"), "DaemonSet.spec.selector: is missing"),
            (lambda item, spec, main: spec.update(hostPID="no"), f"{place}.hostPID: 'no' is no boolean"),
            (lambda item, spec, main: spec.update(tolerations={}), f"{place}.tolerations: is no list"),
            (lambda item, spec, main: main["ports"][0].update(containerPort="metrics"),
             f"{place}.containers[0].ports[0].containerPort: 'metrics' is no number"),
        ):
            self.assertEqual(problems_with(change), [problem])

    def test_only_the_daemonset_and_its_configuration_come_unasked(self):
        self.assertEqual({each["kind"] for each in chart.render()}, {"ConfigMap", "DaemonSet"})

    def test_values_that_the_chart_does_not_know_are_refused(self):
        for path in ("prot", "hostPID", "hostNetwork", "securityContext", "image.registry", "config.colector",
                     "podMonitor.honorLabels", "preflight.image", "seccompProfile.name", "networkPolicy.to"):
            with self.subTest(path):
                done = chart.template("--set", f"{path}=true")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(f"additional properties '{path.rpartition('.')[2]}' not allowed", done.stderr)

    def test_values_of_a_wrong_kind_are_refused(self):
        for settings in (["--set", "port=0"], ["--set", "port=many"], ["--set", "runAsUser=0"], ["--set", "runAsGroup=0"],
                         ["--set", "platform=windows"], ["--set", "seccompProfile.type=Unconfined"],
                         ["--set", "config.collector={cycels}"], ["--set", "config.aggregate=socket"],
                         ["--set", r"config.web\.max-requests=0"], ["--set", r"config.log\.level=loud"],
                         ["--set", "image.digest=sha256:12"], ["--set", "podMonitor.interval=30"],
                         ["--set", "updateStrategy.rollingUpdate.maxUnavailable=half"]):
            with self.subTest(settings[1]):
                done = chart.template(*settings)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("values don't meet the specifications of the schema", done.stderr)

    def test_a_value_that_is_taken_away_is_missed_or_not_needed(self):
        chart.fetched("types")
        needed = set()
        for key in yaml.safe_load((chart.CHART / "values.yaml").read_text(encoding="utf-8")):
            with self.subTest(key):
                done = chart.template("--set", f"{key}=null")
                if done.returncode == 0:
                    items = [each for each in yaml.safe_load_all(done.stdout) if each]
                    self.assertEqual([problem for item in items for problem in kube_types.problems(item)], [])
                else:
                    self.assertIn(f"missing property '{key}'", done.stderr)
                    needed.add(key)
        self.assertLessEqual({"image", "platform", "port", "runAsUser"}, needed)
        self.assertLessEqual(needed & {"config", "affinity", "nodeSelector", "tolerations", "podAnnotations"}, set())

    def test_every_object_is_named_and_labelled_alike(self):
        for path in chart.CI_VALUES:
            with self.subTest(path.name):
                objects = chart.render(*chart.values(path))
                pod_labels = chart.pod_of(objects)["metadata"]["labels"]
                for item in objects:
                    self.assertEqual(item["metadata"]["namespace"], chart.NAMESPACE)
                    for name, value in (("name", "perf-exporter"), ("instance", chart.RELEASE), ("managed-by", "Helm")):
                        self.assertEqual(item["metadata"]["labels"][f"app.kubernetes.io/{name}"], value)
                for item in objects:
                    selector = item.get("spec", {}).get("selector") or item.get("spec", {}).get("podSelector")
                    wanted = selector and selector.get("matchLabels", selector)
                    self.assertTrue(wanted is None or wanted.items() <= pod_labels.items(), item["kind"])

    def test_what_is_asked_of_names_is_rendered(self):
        objects = chart.render(*chart.values(chart.CHART / "ci" / "names-values.yaml"))
        self.assertEqual({each["metadata"]["name"] for each in objects}, {"counters"})
        self.assertEqual({each["metadata"]["labels"]["example.com/team"] for each in objects}, {"platform"})
        pod = chart.pod_of(objects)["metadata"]
        self.assertEqual(pod["labels"]["example.com/tier"], "node")
        self.assertEqual(pod["annotations"]["prometheus.io/port"], "10950")

    def test_the_image_is_that_of_the_chart_unless_named(self):
        metadata = yaml.safe_load((chart.CHART / "Chart.yaml").read_text(encoding="utf-8"))
        for arguments, image in (
            ((), f"perf-exporter:{metadata['appVersion']}"),
            (("--set", "image.tag=edge"), "perf-exporter:edge"),
            (chart.values(chart.CHART / "ci" / "image-values.yaml"),
             f"registry.example.com/tools/perf-exporter@sha256:{'0' * 64}"),
        ):
            images = {each["image"] for each in chart.containers_of(chart.render(*arguments)).values()}
            self.assertEqual(images, {image})

    def test_scheduling_is_as_asked(self):
        everywhere = chart.pod_of(chart.render())["spec"]
        self.assertEqual(everywhere["tolerations"], [{"operator": "Exists"}])
        self.assertEqual(everywhere["nodeSelector"], {"kubernetes.io/os": "linux"})
        objects = chart.render(*chart.values(chart.CHART / "ci" / "scheduling-values.yaml"))
        spec = chart.pod_of(objects)["spec"]
        self.assertEqual(spec["priorityClassName"], "system-node-critical")
        self.assertEqual([each["key"] for each in spec["tolerations"]], ["dedicated"])
        self.assertNotIn("affinity", spec)
        self.assertEqual(chart.only(objects, "DaemonSet")["spec"]["updateStrategy"],
                         {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}})
        by_hand = chart.render(*chart.values(chart.CHART / "ci" / "on-delete-values.yaml"))
        self.assertEqual(chart.only(by_hand, "DaemonSet")["spec"]["updateStrategy"], {"type": "OnDelete"})


if __name__ == "__main__":
    chart.main()
