"""What a serving exporter is put through."""

import contextlib
import os
import signal
import socket
import threading
import time

import harness

SOFTWARE = "--collector=software"
PAGES = ("/", "/probe", "/version", "/-/healthy", "/-/ready", "/metrics", "/nothing", "/metrics?collect[]=software",
         "/metrics?collect[]=softwar", "/metrics?exclude[]=software", "/../etc/passwd")  # fmt: skip
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"


def look_at(exporter):
    for path in PAGES:
        for method in ("GET", "HEAD", "POST"):
            exporter.get(path, method=method)
    for accept in ("application/json", "text/html", OPENMETRICS):
        for encoding in ("gzip", "identity"):
            exporter.get("/metrics", Accept=accept, Accept_Encoding=encoding)
            exporter.get("/probe", Accept=accept, Accept_Encoding=encoding)


def addresses(starts):
    six = ["[::1]:0"] if os.path.exists("/proc/net/if_inet6") else []
    return ["127.0.0.1:0", *six, f"unix:{starts.run}/exporter.sock"]


def every_page(starts):
    """On IPv4, IPv6 and a unix socket, with all collectors."""
    collectors = f"--collector={harness.ALL_COLLECTORS}"
    with harness.Exporter(collectors, program=starts.granted(), listen=addresses(starts)) as exporter:
        look_at(exporter)
        assert exporter.scrape().success()["software"] == 1.0
        places = [(socket.AF_UNIX, f"{starts.run}/exporter.sock")]
        places += [(socket.AF_INET6, ("::1", int(url.rstrip("/").rsplit(":", 1)[1]))) for url in exporter.urls
                   if "[::1]" in url]  # fmt: skip
        for family, place in places:
            with socket.socket(family) as client:
                client.settimeout(harness.PATIENCE_SECONDS)
                client.connect(place)
                client.sendall(REQUEST + b"Connection: close\r\n\r\n")
                assert client.recv(9) == b"HTTP/1.1 "
        assert exporter.stop() == 0


def half_open(exporter):
    client = socket.create_connection(("127.0.0.1", exporter.port))
    client.sendall(REQUEST)
    return client


def gone_at_once(exporter):
    """Resets the connection while the answer is on its way."""
    client = half_open(exporter)
    client.sendall(b"\r\n" * 2)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()


def never_reading(exporter):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    client.connect(("127.0.0.1", exporter.port))
    with contextlib.suppress(OSError):
        for _ in range(50):
            client.send(REQUEST + b"\r\n", socket.MSG_DONTWAIT)
    return client


def scrape_on(exporter, seconds):
    until = time.monotonic() + seconds
    connection = exporter.connect()
    with contextlib.closing(connection), contextlib.suppress(OSError):
        while time.monotonic() < until:
            connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
            connection.getresponse().read()


def every_client(starts):
    """Keep-alive, several at once, more than it answers, slow, silent, gone; stopped while it answers."""
    with (
        harness.Exporter(SOFTWARE, "--web.max-requests=2", program=starts.granted()) as exporter,
        contextlib.ExitStack() as clients,
    ):
        for _ in range(40):
            clients.enter_context(half_open(exporter))
            clients.enter_context(socket.create_connection(("127.0.0.1", exporter.port)))
        for _ in range(8):
            clients.enter_context(never_reading(exporter))
            gone_at_once(exporter)
        garbage = clients.enter_context(socket.create_connection(("127.0.0.1", exporter.port)))
        garbage.sendall(b"\x16\x03\x01 no request\r\n\r\n" + b"x" * 20000)
        threads = [threading.Thread(target=scrape_on, args=(exporter, 2)) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        assert exporter.stop(signal.SIGTERM) == 0
        for thread in threads:
            thread.join()


def every_setting(starts):
    config = starts.run / "exporter.toml"
    config.write_text('web.telemetry-path = "/counters"\ncollector = ["software"]\n', encoding="ascii")
    for arguments in (["--aggregate=package", "--log.level=debug"],
                      ["--aggregate=node", "--guests=exclude", "--cpus=housekeeping"],
                      ["--cpus=0,4000", "--guests=include"]):  # fmt: skip
        with harness.Exporter(SOFTWARE, *arguments, program=starts.granted()) as exporter:
            before = exporter.get("/metrics")
            time.sleep(1.1)  # CPUs are looked at every second
            assert before[0] == exporter.get("/metrics")[0] == 200
            assert exporter.stop(signal.SIGINT) == 0
    environment = {**os.environ, "PERF_EXPORTER_AGGREGATE": "node"}
    with harness.Exporter(f"--config={config}", program=starts.granted(), env=environment) as exporter:
        assert exporter.get("/counters")[0] == 200


def beside_a_manager(starts):
    """One that listens, and one that is gone."""
    path = str(starts.run / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.settimeout(harness.PATIENCE_SECONDS)
        environment = {**os.environ, "NOTIFY_SOCKET": path}
        with harness.Exporter(SOFTWARE, program=starts.granted(), env=environment):
            assert listener.recv(4096) == b"READY=1"
    with harness.Exporter(SOFTWARE, program=starts.granted(), env=environment) as exporter:
        exporter.scrape()


def on_sockets_of_others(starts):
    """A unix socket that is served already, and one that nobody serves any more."""
    path = str(starts.run / "taken.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    os.chown(path, harness.NOBODY, harness.NOBODY)
    with harness.Exporter(SOFTWARE, program=starts.granted(), listen=[f"unix:{path}"]):
        done = harness.run(f"--web.listen-address=unix:{path}", program=starts.granted())
        assert done.returncode == 2, done.stderr


def on_some_addresses(starts):
    """One that comes later, by a retry and by SIGHUP, and some that do not: an interface, a name, an address."""
    folder = starts.run / "late"
    lacked = ("[fe80::1%nothing0]:1", "nobody.invalid:1", "192.0.2.1:1")
    arguments = [f"--web.listen-address={address}" for address in (f"unix:{folder}/http.sock", *lacked)]
    with harness.Exporter(SOFTWARE, *arguments, program=starts.granted()) as exporter:
        assert "address_unavailable" in exporter.scrape().findings()
        folder.mkdir()
        os.chown(folder, harness.NOBODY, harness.NOBODY)
        harness.wait_for((folder / "http.sock").exists, "the retry")
        exporter.send(signal.SIGHUP)
        exporter.scrape()


def lay_out_machine(root):
    """A sysfs of two CPUs with a PMU that this machine need not have."""
    for name, text in {
        "devices/system/cpu/online": "0-1", "devices/system/cpu/possible": "0-1",
        "devices/system/cpu/cpu0/topology/physical_package_id": "0",
        "devices/system/cpu/cpu1/topology/physical_package_id": "0",
        "bus/event_source/devices/cpu/type": "4", "bus/event_source/devices/software/type": "1",
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n", encoding="ascii")


def on_a_changing_machine(starts):
    machine = starts.run / "sys"
    lay_out_machine(machine)
    online = machine / "devices/system/cpu/online"
    arguments = [f"--path.sysfs={machine}", f"--collector={harness.ALL_COLLECTORS}"]
    with harness.Exporter(*arguments, program=starts.granted()) as exporter:
        for text in ("0", "0-1"):
            online.write_text(text + "\n", encoding="ascii")
            counted = set(harness.parse_cpu_list(text)) & set(harness.online_cpus())  # a machine may have one CPU
            harness.wait_for(lambda: exporter.get("/metrics")[2].count(b"perf_cpu_page_faults_total{") ==
                             len(counted), f"CPUs {text}")  # fmt: skip
        exporter.get("/probe")
    harness.run("probe", "--exit-zero", *arguments, program=starts.granted())
