#!/usr/bin/env bash
# test-kubernetes.sh: the chart and the image on a real Kubernetes of one node. The last line reads "N passed, N
# failed, N skipped"; the exit status is 0 only where nothing failed.
#
# Kubernetes 1.20 is built from Debian's source, once, which takes some ten to twenty minutes. Everything runs in
# namespaces of the run's own; needs root.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

[ "$(id -u)" -eq 0 ] || die "only root can start a kubelet and a container runtime"
scripts/install-packages.sh build kubernetes
tools=$(scripts/fetch-tools.sh kubernetes_tools)
clients=$(scripts/fetch-helm.sh)
[ -x "$clients/helm" ] || die "there is no helm"
programs=$(tests/kubernetes/build.sh)
image=$(BASE=${BASE:-debootstrap} scripts/image.sh | tail -n1)

started=$SECONDS
rm -f build/kubernetes/junit.xml
/usr/bin/python3 -B tests/kubernetes/run.py --image "$image" --programs "$programs" --clients "$clients" \
  --tools "$tools" --junit build/kubernetes/junit.xml --logs build/kubernetes/logs || true
say "the cluster's life took $((SECONDS - started)) s; the logs are in build/kubernetes/logs"
exec /usr/bin/python3 -B scripts/test_summary.py --allowed tests/allowed-skips.txt \
  kubernetes=build/kubernetes/junit.xml
