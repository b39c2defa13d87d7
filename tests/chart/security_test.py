#!/usr/bin/python3
"""What the pods may do, to the letter: a user that is not root, one capability, nothing of the host."""

import chart

POD = {"runAsNonRoot": True, "runAsUser": 65534, "runAsGroup": 65534, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER = {
    "allowPrivilegeEscalation": False,
    "privileged": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"], "add": ["PERFMON"]},
}
HOST_ACCESS = ("hostPID", "hostNetwork", "hostIPC", "shareProcessNamespace", "hostUsers")


class Security(chart.WithHelm):
    def contexts(self, *arguments):
        """(the pod's, [the containers'])"""
        objects = chart.render(*arguments)
        containers = chart.containers_of(objects)
        self.assertEqual(set(containers), {"preflight", "perf-exporter"})
        return (chart.pod_of(objects)["spec"]["securityContext"],
                [each["securityContext"] for each in containers.values()])

    def test_one_capability_and_no_way_to_more(self):
        self.assertEqual(self.contexts(), (POD, [CONTAINER, CONTAINER]))

    def test_each_platform_differs_in_what_it_needs_alone(self):
        both = {**CONTAINER, "capabilities": {"drop": ["ALL"], "add": ["PERFMON", "SYS_ADMIN"]}}
        escalating = {**CONTAINER, "allowPrivilegeEscalation": True}
        for platform, pod, container in (
            ("generic", POD, CONTAINER),
            ("openshift", POD, CONTAINER),
            ("selinux", {**POD, "seLinuxOptions": {"type": "spc_t"}}, CONTAINER),
            ("crio-legacy", POD, both),
            ("docker-legacy", POD, escalating),
        ):
            with self.subTest(platform):
                self.assertEqual(self.contexts(*chart.platform_arguments(platform)), (pod, [container, container]))

    def test_nothing_of_the_host_and_of_the_api(self):
        for path in chart.CI_VALUES:
            with self.subTest(path.name):
                objects = chart.render(*chart.values(path))
                spec = chart.pod_of(objects)["spec"]
                for field in HOST_ACCESS:
                    self.assertNotIn(field, spec)
                self.assertIs(spec["automountServiceAccountToken"], False)
                self.assertIs(spec["enableServiceLinks"], False)
                for container in chart.containers_of(objects).values():
                    for port in container.get("ports", []):
                        self.assertNotIn("hostPort", port)
                    self.assertTrue(all(each["readOnly"] for each in container["volumeMounts"]))
                for account in (each for each in objects if each["kind"] == "ServiceAccount"):
                    self.assertIs(account["automountServiceAccountToken"], False)

    def test_host_folders_only_where_asked_and_read_only(self):
        for path in chart.CI_VALUES:
            kinds = {key for volume in chart.pod_of(chart.render(*chart.values(path)))["spec"]["volumes"]
                     for key in volume if key != "name"}
            self.assertEqual(kinds, {"configMap", "hostPath"} if path.name.startswith("host-mounts") else {"configMap"})
        mounted = chart.render(*chart.values(chart.CHART / "ci" / "host-mounts-values.yaml"))
        for container in chart.containers_of(mounted).values():
            self.assertEqual({each["mountPath"]: each["readOnly"] for each in container["volumeMounts"]},
                             {"/etc/perf-exporter": True, "/host/proc": True, "/host/sys": True})

    def test_nothing_stands_before_the_exporter(self):
        containers = chart.containers_of(chart.render())
        self.assertNotIn("command", containers["perf-exporter"])
        self.assertEqual(containers["preflight"]["command"], ["/usr/bin/perf-exporter-preflight"])
        self.assertEqual(containers["preflight"]["args"][:2], ["probe", "--exit-zero"])

    def test_the_user_and_the_label_may_be_others(self):
        pod, _ = self.contexts(*chart.values(chart.CHART / "ci" / "user-values.yaml"))
        self.assertEqual(pod, {**POD, "runAsUser": 1001, "runAsGroup": 1001})
        pod, _ = self.contexts(*chart.values(chart.CHART / "ci" / "selinux-type-values.yaml"))
        self.assertEqual(pod, {**POD, "seLinuxOptions": {"type": "perf_exporter.process"}})
        pod, _ = self.contexts(*chart.values(chart.CHART / "ci" / "seccomp-localhost-values.yaml"))
        self.assertEqual(pod, {**POD, "seccompProfile": {"type": "Localhost", "localhostProfile": "perf-exporter.json"}})

    def test_the_network_policy_lets_scrapes_in_and_nothing_out(self):
        objects = chart.render(*chart.values(chart.CHART / "ci" / "networkpolicy-values.yaml"))
        spec = chart.only(objects, "NetworkPolicy")["spec"]
        self.assertEqual(spec["policyTypes"], ["Ingress", "Egress"])
        self.assertNotIn("egress", spec)
        self.assertEqual([each["ports"] for each in spec["ingress"]], [[{"port": "metrics", "protocol": "TCP"}]])
        self.assertEqual(list(spec["ingress"][0]["from"][0]), ["namespaceSelector"])


if __name__ == "__main__":
    chart.main()
