"""A client of the container runtime interface, as the kubelet is one."""

import importlib
import json
import pathlib
import subprocess
import sys

import grpc

from runtime import wait_for

FOLDER = pathlib.Path(__file__).resolve().parent
PATIENCE_SECONDS = 60


def messages(folder):
    """The module that protoc makes of the interface, in this folder."""
    subprocess.run(["protoc", f"--proto_path={FOLDER}", f"--python_out={folder}", "cri.proto"], check=True)
    sys.path.insert(0, str(folder))
    return importlib.import_module("cri_pb2")


class Client:
    def __init__(self, socket, api):
        self._api = api
        self._channel = grpc.insecure_channel(f"unix://{socket}", options=[("grpc.enable_http_proxy", 0)])

    def _call(self, method, request):
        answer = getattr(self._api, f"{method}Response")
        call = self._channel.unary_unary(
            f"/runtime.v1.RuntimeService/{method}", request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString)  # fmt: skip
        return call(request, timeout=PATIENCE_SECONDS)

    def version(self):
        answer = self._call("Version", self._api.VersionRequest(version="v1"))
        return f"{answer.runtime_name} {answer.runtime_version}"

    def run_sandbox(self, config):
        """Its id."""
        return self._call("RunPodSandbox", self._api.RunPodSandboxRequest(config=config)).pod_sandbox_id

    def remove_sandbox(self, identity):
        """With all of its containers, whose processes are ended."""
        self._call("StopPodSandbox", self._api.StopPodSandboxRequest(pod_sandbox_id=identity))
        self._call("RemovePodSandbox", self._api.RemovePodSandboxRequest(pod_sandbox_id=identity))

    def start(self, sandbox, sandbox_config, config):
        """The id of the container, which runs or has ended already."""
        request = self._api.CreateContainerRequest(pod_sandbox_id=sandbox, config=config, sandbox_config=sandbox_config)
        identity = self._call("CreateContainer", request).container_id
        self._call("StartContainer", self._api.StartContainerRequest(container_id=identity))
        return identity

    def status(self, identity):
        """(the container's status, what containerd itself knows of it)"""
        request = self._api.ContainerStatusRequest(container_id=identity, verbose=True)
        answer = self._call("ContainerStatus", request)
        return answer.status, json.loads(answer.info["info"])

    def wait_for_end(self, identity):
        """Its status once it has ended."""

        def ended():
            status, _ = self.status(identity)
            return status if status.state == self._api.EXITED else None

        return wait_for(ended, f"the end of container {identity}")
