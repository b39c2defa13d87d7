"""As much of a Kubernetes API server as `kubectl debug` needs: discovery, one pod, and a patch of its ephemeral
containers, which is kept. On loopback; to be used by `with`."""

import http.server
import json
import threading

PODS = "/api/v1/namespaces/default/pods"
DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": name, "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get", "patch"]}
            for name in ("pods", "pods/ephemeralcontainers")
        ],
    },
}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # noqa: N802
        path, pod = self.path.split("?")[0], self.server.pod
        if path in DISCOVERY:
            self.answer(200, DISCOVERY[path])
        elif path == f"{PODS}/{pod['metadata']['name']}":
            self.answer(200, pod)
        else:
            self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404})

    def do_PATCH(self):  # noqa: N802
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.patches.append((self.path.split("?")[0], self.headers["Content-Type"], body))
        patched = {**self.server.pod, "spec": {**self.server.pod["spec"], **body["spec"]}}
        self.answer(200, patched)

    def log_message(self, *_):
        pass


class FakeApiServer(http.server.ThreadingHTTPServer):
    """Serves the pod; `patches` are (path, content type, body) of what was sent to change it."""

    def __init__(self, pod):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pod = {**pod, "metadata": {**pod["metadata"], "namespace": "default", "uid": "1", "resourceVersion": "1"}}
        self.patches = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
