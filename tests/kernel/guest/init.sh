#!/bin/bash
# PID 1 of the guest. Its root is the host's, read-only, under an overlay in memory: every program of the host is there
# and nothing that the guest does to it reaches the host. The folder `share` is the host's own, at the same path.
# agent.py does what the host asks for.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 TZ=UTC
mount -t proc proc /proc
for word in $(</proc/cmdline); do
  case $word in share=*) share=${word#share=} ;; modules=*) modules=${word#modules=} ;; python=*) python=${word#python=} ;; esac
done
tree=/usr/lib/uml/modules  # the modules of the package, made to look like /lib/modules

if [ -z "$inside" ]; then
  echo "guest: init runs" >/dev/console
  mount -t tmpfs tmpfs /run
  mkdir -p /run/kernel/lib/modules /run/upper /run/work /run/root
  mount -t hostfs -o "$tree" none /run/kernel/lib/modules
  modprobe -d /run/kernel overlay &&
    mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work overlay /run/root || busybox poweroff -f
  root=/run/root
  mkdir -p "$root/lib/modules" "$root$share"
  mount -t hostfs -o "$tree" none "$root/lib/modules"
  mount -t sysfs sys "$root/sys"
  mount -t devtmpfs dev "$root/dev"
  mkdir -p "$root/dev/shm"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/mnt"
  mount -t hostfs -o "$share" none "$root$share"
  inside=1 exec chroot "$root" /bin/bash "$0"
fi

mount -t proc proc /proc
for module in ${modules//,/ }; do
  modprobe "$module" || echo "modprobe $module failed" >/dev/kmsg
done
mount -t configfs none /sys/kernel/config
ln -sfn /proc/self/fd /dev/fd
cd /
"$python" "${0%/*}/agent.py" "$share/jobs" </dev/null >/dev/console 2>&1
busybox poweroff -f
