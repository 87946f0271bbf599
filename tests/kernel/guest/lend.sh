#!/bin/bash
# Lends an attached drive over iSCSI, by the kernel's own target and configfs alone, and borrows it again over the loopback
# interface: `lend.sh lend TARGET` (its folder in configfs) prints the nodes of the borrowed drive, `lend.sh stop` ends it.
set -e
name=iqn.2026-11.test:burner
group=/sys/kernel/config/target/iscsi/$name/tpgt_1

lend() {
  modprobe iscsi_target_mod
  modprobe iscsi_tcp
  busybox ifconfig lo 127.0.0.1 up
  mkdir -p "$group/np/127.0.0.1:3260" "$group/lun/lun_0"
  ln -s "$1" "$group/lun/lun_0/device"
  echo 0 >"$group/attrib/authentication"
  echo 1 >"$group/attrib/generate_node_acls"
  echo 0 >"$group/attrib/demo_mode_write_protect"
  echo 1 >"$group/enable"
  mkdir -p /etc/iscsi /run/lock/iscsi
  echo "InitiatorName=iqn.2026-11.test:guest" >/etc/iscsi/initiatorname.iscsi
  setsid iscsid -f -c /etc/iscsi/iscsid.conf &
  echo $! >daemon
  until iscsiadm -m discovery -t st -p 127.0.0.1; do sleep 0.1; done
  iscsiadm -m node -T $name -l
  until nodes=$(echo /sys/class/iscsi_session/session*/device/target*/*/{block,scsi_generic}/*) && [[ $nodes != *\** ]]; do
    sleep 0.1
  done
  for node in $nodes; do echo -n "/dev/${node##*/} " >&3; done
}

stop() {
  iscsiadm -m node -T $name -u
  kill -KILL "$(<daemon)"  # a gentler word is lost on it where it comes right before it waits
  while grep -q @ISCSIADM_ABSTRACT /proc/net/unix; do sleep 0.1; done  # the next one could not listen there
  echo 0 >"$group/enable"
  rm -f "$group"/lun/lun_0/device
  rmdir "$group"/lun/lun_0 "$group"/np/* "$group" "${group%/*}"
}

exec 3>&1 >>log 2>&1 </dev/null
"$@"
