#!/usr/bin/python3
"""What the Prometheus operator is told: whom to scrape, and to leave the exporter's own labels alone."""

import chart

NODE = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}


class Monitor(chart.WithHelm):
    def test_a_pod_monitor_honours_the_exporters_labels_and_adds_the_node(self):
        objects = chart.render(*chart.values(chart.CHART / "ci" / "podmonitor-values.yaml"))
        monitor = chart.only(objects, "PodMonitor")
        self.assertEqual(monitor["metadata"]["labels"]["release"], "kube-prometheus-stack")
        self.assertEqual(monitor["spec"]["jobLabel"], "app.kubernetes.io/name")
        [endpoint] = monitor["spec"]["podMetricsEndpoints"]
        self.assertIs(endpoint["honorLabels"], True)
        self.assertEqual(endpoint["relabelings"], [NODE])
        self.assertEqual((endpoint["path"], endpoint["interval"], endpoint["scrapeTimeout"]), ("/metrics", "30s", "10s"))
        self.assertEqual(endpoint["metricRelabelings"][0]["action"], "drop")
        self.assertEqual([each for each in objects if each["kind"] == "Service"], [])

    def test_a_service_monitor_brings_its_service(self):
        objects = chart.render(*chart.values(chart.CHART / "ci" / "servicemonitor-values.yaml"))
        service, monitor = chart.only(objects, "Service"), chart.only(objects, "ServiceMonitor")
        [endpoint] = monitor["spec"]["endpoints"]
        self.assertIs(endpoint["honorLabels"], True)
        self.assertEqual(endpoint["relabelings"], [NODE])
        self.assertEqual((endpoint["path"], endpoint["interval"]), ("/perf", "1m"))
        self.assertNotIn("scrapeTimeout", endpoint)
        self.assertEqual([each["name"] for each in service["spec"]["ports"]], [endpoint["port"]])
        self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(), service["metadata"]["labels"].items())

    def test_the_service_lists_the_pods_one_by_one(self):
        service = chart.only(chart.render(*chart.values(chart.CHART / "ci" / "service-values.yaml")), "Service")
        self.assertEqual(service["spec"]["clusterIP"], "None")
        self.assertEqual(service["spec"]["ports"],
                         [{"name": "metrics", "port": 10950, "targetPort": "metrics", "protocol": "TCP"}])
        self.assertEqual(service["metadata"]["annotations"], {"prometheus.io/scrape": "true"})

    def test_probes_are_as_set(self):
        container = chart.containers_of(chart.render("--set", "livenessProbe.periodSeconds=31"))["perf-exporter"]
        self.assertEqual(container["livenessProbe"]["periodSeconds"], 31)
        self.assertEqual(container["livenessProbe"]["httpGet"], {"path": "/-/healthy", "port": "metrics"})
        self.assertEqual(container["readinessProbe"]["httpGet"], {"path": "/-/ready", "port": "metrics"})


if __name__ == "__main__":
    chart.main()
