#!/usr/bin/env bash
# The lab: a real Kubernetes with real pods, an image registry, Flink images and MinIO on this machine (lab/k8s/README.md).
#   lab/kubernetes.sh possible            says why this machine cannot have it, and ends with 1 then
#   lab/kubernetes.sh install             as root: installs the Debian packages that are missing
#   lab/kubernetes.sh need                says what is missing then
#   lab/kubernetes.sh ready               says why its programs would have to be compiled first, and ends with 1 then
#   lab/kubernetes.sh build               compiles its programs, once: ten minutes, unless KUBELAB_PREBUILT has them
#   lab/kubernetes.sh up [VERSION...]     builds what is not built, starts it, makes the images, prints its facts as KEY=VALUE
#   lab/kubernetes.sh facts | down        prints the facts again; ends all of it
# What is built, downloaded and kept is below $KUBELAB_HOME (~/.cache/kubelab). The lab can be there once on a machine.
set -euo pipefail
cd "$(dirname "$0")/k8s"

export KUBELAB_HOME=${KUBELAB_HOME:-$HOME/.cache/kubelab}
MEMORY_GB=6
DISK_GB=14

# Programs and their Debian packages.
TOOLS=(containerd:containerd runc:runc /usr/lib/cni/bridge:containernetworking-plugins iptables:iptables ip:iproute2 sysctl:procps openssl:openssl
  curl:curl docker-registry:docker-registry debootstrap:debootstrap zstd:zstd python3:python3 pip:python3-pip
  javac:openjdk-17-jdk-headless mvn:maven)

missing() {
  local tool
  for tool in "${TOOLS[@]}"; do command -v "${tool%:*}" >/dev/null || echo "${tool#*:}"; done
}

# Whether the kernel lets us do something, tried where it leaves no trace.
may_mount() {
  local d
  mkdir -p "$KUBELAB_HOME"
  d=$(mktemp -d "$KUBELAB_HOME/mount.XXXXXX")
  mkdir "$d"/{lower,upper,work,all}
  local code=0
  unshare -m mount -t overlay overlay -o "lowerdir=$d/lower,upperdir=$d/upper,workdir=$d/work" "$d/all" 2>/dev/null || code=1
  rm -rf "$d"
  return $code
}

may_control() {
  local d found=
  for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do
    [ -e "$d/cgroup.procs" ] || continue
    found=1
    [ -d "$d/kubelab" ] || { mkdir "$d/kubelab" 2>/dev/null && rmdir "$d/kubelab"; } || return 1
  done
  [ -n "$found" ]
}

possible() {
  local why='' disk
  if [ "$(uname -sm)" != "Linux x86_64" ]; then why="it needs Linux on x86-64"
  elif [ "$(id -u)" != 0 ]; then why="it needs root: it makes containers, a bridge and iptables rules"
  elif [ "$(awk '/^MemTotal/ { print int($2 / 1000000) }' /proc/meminfo)" -lt $MEMORY_GB ]; then why="it needs $MEMORY_GB GB of memory"
  elif ! unshare -n ip link add lab0 type bridge 2>/dev/null && command -v ip >/dev/null; then why="no network bridge can be made here (CAP_NET_ADMIN)"
  elif [ ! -e /proc/sys/net/bridge ] && ! modprobe -nq br_netfilter 2>/dev/null; then why="the kernel has no br_netfilter"
  elif ! may_control; then why="no cgroup can be made in /sys/fs/cgroup (a privileged container has it writable)"
  elif ! may_mount; then why="no overlay can be mounted below $KUBELAB_HOME (CAP_SYS_ADMIN, and no overlay itself: set KUBELAB_HOME)"
  elif command -v iptables >/dev/null && ! iptables -w -nL >/dev/null 2>&1; then why="iptables does not work here"
  else
    disk=$(df -k --output=avail "$KUBELAB_HOME" | tail -n 1)
    [ -x "$KUBELAB_HOME/bin/minio" ] || [ "$disk" -ge $((DISK_GB * 1000000)) ] || why="$KUBELAB_HOME needs $DISK_GB GB of free disk for the first build"
  fi
  [ -z "$why" ] && return
  echo "no Kubernetes lab on this machine: $why"
  return 1
}

install() {
  local packages
  packages=$(missing)
  [ -n "$packages" ] || return 0
  apt-get update -q
  # Debian starts services after their installation; ours are started by `up` only.
  # shellcheck disable=SC2086
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
}

# Says what is missing. The compiler is needed only where there is something to compile.
need() {
  local packages
  packages=$(missing | tr '\n' ' ')
  [ -z "$packages" ] || { echo "Missing: sudo apt-get install --no-install-recommends $packages" >&2; return 1; }
  python3 -c 'import hashlib; hashlib.file_digest' 2>/dev/null || { echo "Missing: Python 3.11 or newer" >&2; return 1; }
  ./kubelab ready-to-build || { echo "Missing: Go 1.24 or newer from its own page, or KUBELAB_PREBUILT with the programs (lab/k8s/README.md)" >&2; return 1; }
}

ready() {
  ./kubelab has-programs && return
  echo "its programs are not compiled on this machine: make lab-up does it once (13 minutes), or KUBELAB_PREBUILT has them"
  return 1
}

up() {
  [ $# -gt 0 ] || set -- 2.2.1 1.20.5 1.13.6
  possible >&2
  need
  ./kubelab build >&2
  ./kubelab up >&2
  ./flink-images "$@" >&2
  ./kubelab facts
}

case "${1:-} $#" in
  "possible 1") possible ;;
  "install 1") install ;;
  "need 1") need ;;
  "ready 1") ready ;;
  "build 1") need; ./kubelab build ;;
  "up "*) shift; up "$@" ;;
  "facts 1") ./kubelab facts ;;
  "down 1") ./kubelab down ;;
  *) sed -n 2,10p "$0"; exit 2 ;;
esac
