"""A Kubernetes cluster of one node, in the namespaces of isolation.py: etcd, the API server, the controller manager,
the scheduler, the kubelet and containerd, each the real program. There is no kube-proxy and no DNS."""

import json
import os
import pathlib
import shutil
import subprocess

import isolation
import runtime

NODE, ADDRESS = "node1", "10.250.0.1"
SERVER = "https://127.0.0.1:6443"
TOKEN = "administrator"
SECCOMP_PROFILES = pathlib.Path("/var/lib/kubelet/seccomp")
# A kubelet of this version may find only in its next minute that a pod is gone, and nothing replaces it before.
PATIENCE_SECONDS = 300
NETWORK = {
    "cniVersion": "0.4.0", "name": "pods",
    "plugins": [{"type": "bridge", "bridge": "pods0", "isGateway": True, "ipMasq": False,
                 "ipam": {"type": "host-local", "subnet": "10.244.0.0/24"}}],
}  # fmt: skip


class Cluster:
    """`programs`: Kubernetes' own; `clients`: helm and kubectl; `tools`: where Debian's packages are unpacked;
    `cgroup`: below which all of the pods' are made. Starts them all and waits for the node."""

    def __init__(self, room, programs, clients, tools, logs, cgroup):
        self.room = room
        self._programs = programs
        self._clients = clients
        self._daemons = runtime.Daemons(logs)
        self._lay_out_network()
        self._make_credentials()
        self._start_server()
        self.containerd = runtime.Containerd(room, tools, self._daemons)
        self._start_controllers()
        self._start_kubelet(cgroup)
        self.wait_for(self._is_node_ready, "the node to be ready")

    def _lay_out_network(self):
        """A bridge that nothing is connected to bears the node's address."""
        for arguments in ("link add node0 type bridge", f"addr add {ADDRESS}/24 dev node0", "link set node0 up",
                          f"route add default via {ADDRESS}"):  # fmt: skip
            isolation.sh("ip", *arguments.split())
        (self.room / "cni").mkdir()
        (self.room / "cni/10-pods.conflist").write_text(json.dumps(NETWORK), encoding="utf-8")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.room, check=True, capture_output=True)

    def _make_credentials(self):
        """A token for the administrator, keys that sign those of service accounts, a certificate by which the API
        server is known to the kubelet."""
        (self.room / "tokens.csv").write_text(f'{TOKEN},administrator,1,"system:masters"\n', encoding="ascii")
        self._openssl("genrsa", "-out", "accounts.key", "2048")
        self._openssl("rsa", "-in", "accounts.key", "-pubout", "-out", "accounts.pub")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=system:masters/CN=apiserver",
                      "-keyout", "client.key", "-out", "client.crt")  # fmt: skip
        self.kubeconfig = self.room / "kubeconfig"
        named = {"name": "cluster"}
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "cluster",
            "clusters": [{**named, "cluster": {"server": SERVER, "insecure-skip-tls-verify": True}}],
            "users": [{**named, "user": {"token": TOKEN}}],
            "contexts": [{**named, "context": {"cluster": "cluster", "user": "cluster"}}],
        }), encoding="ascii")  # fmt: skip

    def _start(self, name, **flags):
        options = [f"--{flag.replace('_', '-')}={value}" for flag, value in flags.items()]
        self._daemons.start(name, self._programs / name, *options)

    def _start_server(self):
        self._daemons.start("etcd", "etcd", f"--data-dir={self.room}/etcd")
        self._start(
            "kube-apiserver", etcd_servers="http://127.0.0.1:2379", bind_address="127.0.0.1", secure_port=6443,
            advertise_address=ADDRESS, endpoint_reconciler_type="none", cert_dir=self.room / "certificates",
            token_auth_file=self.room / "tokens.csv", authorization_mode="Node,RBAC", allow_privileged="true",
            service_account_issuer="https://kubernetes.default.svc",
            service_account_key_file=self.room / "accounts.pub",
            service_account_signing_key_file=self.room / "accounts.key", service_cluster_ip_range="10.96.0.0/16",
            kubelet_preferred_address_types="InternalIP", kubelet_client_certificate=self.room / "client.crt",
            kubelet_client_key=self.room / "client.key",
        )  # fmt: skip
        self.wait_for(lambda: self.kubectl("get", "--raw=/readyz", check=False) == "ok", "the API server")

    def _start_controllers(self):
        common = {"kubeconfig": self.kubeconfig, "bind_address": "127.0.0.1", "port": 0, "leader_elect": "false"}
        self._start("kube-controller-manager", **common, service_account_private_key_file=self.room / "accounts.key",
                    root_ca_file=self.room / "certificates/apiserver.crt",
                    flex_volume_plugin_dir=self.room / "plugins")  # fmt: skip
        self._start("kube-scheduler", **common)

    def _start_kubelet(self, cgroup):
        (self.room / "kubelet.yaml").write_text(json.dumps({
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": str(self.room / "client.crt")}},
            "authorization": {"mode": "Webhook"}, "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{cgroup}",
            "failSwapOn": False, "makeIPTablesUtilChains": False, "evictionHard": {},
            "volumePluginDir": str(self.room / "plugins")}), encoding="ascii")  # fmt: skip
        self._start(
            "kubelet", config=self.room / "kubelet.yaml", kubeconfig=self.kubeconfig, hostname_override=NODE,
            node_ip=ADDRESS, root_dir=self.room / "kubelet", cert_dir=self.room / "kubelet/pki",
            container_runtime="remote", container_runtime_endpoint=f"unix://{self.containerd.socket}",
        )  # fmt: skip

    def add_seccomp_profile(self, path):
        """Where the kubelet looks for what a pod calls Localhost; /var is the run's own."""
        SECCOMP_PROFILES.mkdir(parents=True)
        shutil.copy(path, SECCOMP_PROFILES)

    def _is_node_ready(self):
        return "True" in self.kubectl(
            "get", "node", NODE, "--output=jsonpath={.status.conditions[?(@.type=='Ready')].status}", check=False)

    def wait_for(self, condition, what, patience=PATIENCE_SECONDS):
        def unless_ended():
            self._daemons.check()
            return condition()

        return runtime.wait_for(unless_ended, what, patience)

    def settings(self):
        """NAME=VALUE of what a shell of the administrator's has: helm and kubectl in PATH, this cluster."""
        folders = [f"HELM_{kind}_HOME={self.room}/helm" for kind in ("CACHE", "CONFIG", "DATA")]
        return [*folders, f"PATH={self._clients}:{os.environ['PATH']}", f"HOME={self.room}",
                f"KUBECONFIG={self.kubeconfig}"]  # fmt: skip

    def run(self, *command, check=True, stdin=""):
        """What the command prints."""
        done = subprocess.run(
            ["env", *self.settings(), *map(str, command)],
            input=stdin, text=True, capture_output=True, check=False, timeout=PATIENCE_SECONDS * 2,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))} exited with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def kubectl(self, *arguments, **options):
        return self.run("kubectl", *arguments, **options)

    def get(self, *arguments, **options):
        """What kubectl gets, as an object."""
        return json.loads(self.kubectl("get", *arguments, "--output=json", **options))

    def helm(self, *arguments, **options):
        return self.run("helm", *arguments, **options)

    def start(self, name, *command):
        self._daemons.start(name, *command)

    def stop(self, name):
        self._daemons.stop(name)
