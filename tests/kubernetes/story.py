"""What an operator does with the chart on a cluster: it is installed, looked at, scraped, upgraded, refused its
capability, given it back, uninstalled."""

import json
import pathlib
import re
import urllib.request

import yaml

import process
from cluster import PATIENCE_SECONDS
from prometheus import Prometheus
from runtime import SANDBOX_IMAGE

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/perf-exporter"
PROFILE = ROOT / "deploy/seccomp/perf-exporter.json"
EPHEMERAL = ROOT / "deploy/ephemeral"
RELEASE, NAMESPACE = "perf-exporter", "counting"
# Of the operator's CustomResourceDefinitions, which are not installed here.
OF_THE_OPERATOR = {"PodMonitor", "ServiceMonitor"}
# They come and go by themselves.
MOMENTARY = {"events", "events.events.k8s.io", "leases.coordination.k8s.io"}
WITHOUT_PERFMON = [{"op": "remove", "path": f"/spec/template/spec/{kind}/0/securityContext/capabilities/add"}
                   for kind in ("initContainers", "containers")]  # fmt: skip


class Story:
    def __init__(self, cluster, image, prometheus):
        """`image`: an archive; `prometheus`: the program."""
        self._cluster = cluster
        name = cluster.containerd.import_image(image)
        self._repository, self._tag = name.rsplit(":", 1)
        self._prometheus = Prometheus(cluster, prometheus)
        self._notes = ""
        self._before = set()

    def _kubectl(self, *arguments, **options):
        return self._cluster.kubectl(f"--namespace={NAMESPACE}", *arguments, **options)

    def _get(self, *arguments):
        return self._cluster.get(f"--namespace={NAMESPACE}", *arguments)

    def _helm(self, command, *arguments):
        return self._cluster.helm(command, RELEASE, *arguments, f"--namespace={NAMESPACE}", "--wait",
                                  f"--timeout={PATIENCE_SECONDS}s")  # fmt: skip

    def _pod(self):
        """The one pod that is not about to go; None where there is none."""
        pods = [pod for pod in self._get("pods")["items"] if "deletionTimestamp" not in pod["metadata"]]
        return pods[0] if len(pods) == 1 else None

    def _objects(self):
        """The names of all objects in the namespace, and of all that are in none."""
        found = set()
        for place in ("true", "false"):
            kinds = self._cluster.kubectl("api-resources", "--verbs=list", f"--namespaced={place}", "--output=name")
            kinds = ",".join(sorted(set(kinds.split()) - MOMENTARY))
            found |= set(self._kubectl("get", kinds, "--output=name", "--ignore-not-found").split())
        return found

    def _target(self):
        """Tells Prometheus the addresses that the Service lists; whether there is one."""
        subsets = self._get("endpoints", RELEASE).get("subsets", [])
        targets = [f"{address['ip']}:{port['port']}" for subset in subsets for address in subset.get("addresses", [])
                   for port in subset["ports"]]  # fmt: skip
        self._prometheus.scrape(targets)
        return len(targets) == 1

    def the_chart_is_installed_and_its_pod_gets_ready(self):
        self._cluster.kubectl("create", "namespace", NAMESPACE)
        self._cluster.wait_for(lambda: self._get("serviceaccounts")["items"], "the namespace's service account")
        self._before = self._objects()
        self._notes = self._helm(
            "install", CHART, f"--set=image.repository={self._repository}", f"--set-string=image.tag={self._tag}",
            "--set=service.enabled=true")  # fmt: skip
        status = self._get("daemonset", RELEASE)["status"]
        assert status["desiredNumberScheduled"] == status["numberReady"] == 1, status
        [container] = self._pod()["status"]["containerStatuses"]
        assert container["ready"] and container["restartCount"] == 0, container

    def the_commands_of_its_notes_work(self):
        logs, forward, curl, label = re.findall(r"(?m)^  ((?:kubectl|curl) .*)$", self._notes)
        text = self._cluster.run("sh", "-c", logs)
        assert re.search(r"(?m)^ok: permitted$", text) and not re.search(r"(?m)^fail: ", text), text
        self._cluster.start("port-forward", "env", *self._cluster.settings(), "sh", "-c", f"exec {forward}")
        answer = self._cluster.wait_for(lambda: self._cluster.run("sh", "-c", curl, check=False), curl)
        self._cluster.stop("port-forward")
        assert re.search(r"(?m)^ok: permitted$", answer), answer
        assert "labeled" in self._cluster.run("sh", "-c", label), label

    def its_process_holds_perfmon_alone(self):
        pod = self._pod()
        [container] = pod["status"]["containerStatuses"]
        pid = self._cluster.containerd.process_of(container["containerID"].removeprefix("containerd://"))
        fields = ("Uid", "CapBnd", "CapPrm", "CapEff", "NoNewPrivs", "Seccomp")
        for status in process.threads(pid):
            if status["Name"] in ("perf-exporter", "opener"):
                print(f"   {status['Name']}:", *(f"{name} {status[name].split()[0]}" for name in fields))
        assert not (problems := process.problems(pid)), problems
        # What the kernel gave at the start, before the exporter gave up what it does not need.
        url = f"http://{pod['status']['podIP']}:10950/probe"
        request = urllib.request.Request(url, headers={"Accept": "text/plain"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        held = dict(re.findall(r"(?m)^  capabilities_(\w+) +(\w+)$", text))
        assert {name for name, value in held.items() if int(value, 16) == process.PERFMON} == {
            "effective", "permitted", "bounding"} and len(held) == 5, held  # fmt: skip

    def prometheus_scrapes_it_and_its_counters_rise(self):
        self._cluster.wait_for(self._target, "an address in the Service's endpoints")
        self._prometheus.start()
        self._prometheus.wait_for("count_over_time(up[1m]) >= 5")
        self._prometheus.wait_for("min_over_time(up[10s]) == 1")
        for event in ("context_switches", "page_faults"):
            rates = self._prometheus.wait_for(f"sum(rate(perf_cpu_{event}_total[30s])) > 0")
            print(f"   {event} {rates[0]:.1f}/s")
        assert self._prometheus.ask('perf_exporter_finding{finding="permitted",severity="ok"}') == [1.0]

    def an_upgrade_rolls_out(self):
        before = self._pod()["metadata"]["uid"]
        self._helm("upgrade", CHART, "--reuse-values", "--set=config.aggregate=node")
        pod = self._cluster.wait_for(self._pod, "the new pod")
        assert pod["metadata"]["uid"] != before
        assert pod["status"]["containerStatuses"][0]["ready"], pod["status"]
        self._cluster.wait_for(self._target, "an address in the Service's endpoints")
        self._prometheus.wait_for("rate(perf_node_context_switches_total[10s]) > 0")

    def behind_the_shipped_seccomp_profile_it_counts(self):
        self._cluster.add_seccomp_profile(PROFILE)
        self._helm("upgrade", CHART, "--reuse-values", "--set=seccompProfile.type=Localhost",
                   f"--set=seccompProfile.localhostProfile={PROFILE.name}", "--set=config.aggregate=package")  # fmt: skip
        profile = self._cluster.wait_for(self._pod, "the new pod")["spec"]["securityContext"]["seccompProfile"]
        assert profile == {"type": "Localhost", "localhostProfile": PROFILE.name}, profile
        self._cluster.wait_for(self._target, "an address in the Service's endpoints")
        self._prometheus.wait_for("sum(rate(perf_package_context_switches_total[10s])) > 0")
        self._helm("rollback")

    def without_perfmon_the_preflight_names_the_cause(self):
        self._kubectl("patch", "daemonset", RELEASE, "--type=json", f"--patch={json.dumps(WITHOUT_PERFMON)}")

        def refused():
            pod = self._pod()
            if pod is None or "add" in pod["spec"]["containers"][0]["securityContext"]["capabilities"]:
                return None
            [container] = pod["status"].get("containerStatuses", [{}])
            return pod if container.get("state", {}).get("waiting", {}).get("reason") == "CrashLoopBackOff" else None

        pod = self._cluster.wait_for(refused, "the refusal")
        name = pod["metadata"]["name"]
        [preflight], [container] = pod["status"]["initContainerStatuses"], pod["status"]["containerStatuses"]
        ended = container["lastState"]["terminated"]
        print(f"   {container['state']['waiting']['reason']}, before it {ended['reason']} {ended['exitCode']}")
        assert preflight["state"]["terminated"]["exitCode"] == 0, preflight
        assert not container["ready"] and container["restartCount"] > 0, container
        assert (ended["reason"], ended["exitCode"]) == ("Error", 1), ended
        text = self._kubectl("logs", name, "--container=preflight")
        print("  ", *re.findall(r"(?m)^(?:fail|warn): \w+$", text), sep="  ")
        assert re.findall(r"(?m)^fail: (\w+)$", text) == ["seccomp_eperm", "main_program_exec_refused"], text
        assert re.search(r"(?m)^warn: bounding_set_lacks_perfmon$", text), text
        assert "capabilities: {drop: [ALL], add: [PERFMON]}" in text, text
        text = self._kubectl("logs", name, "--container=perf-exporter", "--previous")
        assert "exec /usr/bin/perf-exporter: operation not permitted" in text, text

    def given_back_it_counts_again(self):
        self._helm("upgrade", CHART, "--reuse-values", "--set=config.aggregate=package")
        self._cluster.wait_for(self._target, "an address in the Service's endpoints")
        self._prometheus.wait_for("sum(rate(perf_package_context_switches_total[10s])) > 0")

    def a_debugging_copy_of_a_pod_counts_as_another_user(self):
        """The profile of deploy/ephemeral. This version of Kubernetes lets an ephemeral container have no security
        context, so kubectl is asked for a copy of the pod, with the container beside the pod's own."""
        pod = yaml.safe_load((EPHEMERAL / "target-pod.yaml").read_text(encoding="utf-8"))
        pod["spec"]["containers"][0]["image"] = SANDBOX_IMAGE
        self._kubectl("apply", "--filename=-", stdin=yaml.safe_dump(pod))
        self._kubectl(
            "debug", "example", "--copy-to=copy", f"--image={self._repository}:{self._tag}", "--container=perf-stat",
            "--profile=restricted", f"--custom={EPHEMERAL / 'debug-profile.yaml'}")  # fmt: skip
        [container] = [each for each in self._get("pod", "copy")["spec"]["containers"] if each["name"] == "perf-stat"]
        assert container["securityContext"]["runAsUser"] == 1001, container

        def table():
            text = self._kubectl("logs", "copy", "--container=perf-stat", check=False)
            return re.search(r"(?m)^  context_switches +[1-9][0-9,]* .*$", text)

        print(self._cluster.wait_for(table, "its table")[0])
        self._kubectl("delete", "pod", "example", "copy", "--grace-period=1")

    def every_example_of_values_is_taken_by_the_server(self):
        examples = sorted((CHART / "ci").glob("*-values.yaml"))
        assert examples
        for path in examples:
            text = self._cluster.helm("template", "example", CHART, f"--namespace={NAMESPACE}", f"--values={path}")
            objects = [each for each in yaml.safe_load_all(text) if each and each["kind"] not in OF_THE_OPERATOR]
            taken = self._kubectl("apply", "--dry-run=server", "--filename=-", stdin=yaml.safe_dump_all(objects))
            assert taken.count("created (server dry run)") == len(objects), f"{path.name}: {taken}"
        print(f"   {len(examples)} files")

    def uninstalled_nothing_of_it_is_left(self):
        assert self._objects() != self._before
        self._helm("uninstall")
        left = []

        def is_as_before():
            left[:] = self._objects() ^ self._before
            return not left

        try:
            # Some of what others own is collected a little later.
            self._cluster.wait_for(is_as_before, "its objects to go")
        except AssertionError as error:
            raise AssertionError(f"left: {left}") from error
        assert not (processes := process.running("perf-exporter")), processes


STEPS = (
    Story.the_chart_is_installed_and_its_pod_gets_ready,
    Story.the_commands_of_its_notes_work,
    Story.its_process_holds_perfmon_alone,
    Story.prometheus_scrapes_it_and_its_counters_rise,
    Story.an_upgrade_rolls_out,
    Story.behind_the_shipped_seccomp_profile_it_counts,
    Story.without_perfmon_the_preflight_names_the_cause,
    Story.given_back_it_counts_again,
    Story.a_debugging_copy_of_a_pod_counts_as_another_user,
    Story.every_example_of_values_is_taken_by_the_server,
    Story.uninstalled_nothing_of_it_is_left,
)
