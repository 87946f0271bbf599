#!/bin/bash
# Drives of tgt's MMC target, each with a blank DVD+R, found over iSCSI: `tgt.sh start COUNT` in an empty folder prints
# the nodes of each, `tgt.sh stop` there takes them away.
set -e
target=iqn.2026-11.test:dvd
administer() { tgtadm -C 7 --lld iscsi "$@"; }

start() {
  modprobe iscsi_tcp
  busybox ifconfig lo 127.0.0.1 up
  mkdir -p /etc/iscsi /run/lock/iscsi
  echo "InitiatorName=iqn.2026-11.test:guest" >/etc/iscsi/initiatorname.iscsi
  setsid tgtd -f -C 7 --iscsi portal=127.0.0.1:3260 &
  echo $! >daemons
  setsid iscsid -f -c /etc/iscsi/iscsid.conf &
  echo $! >>daemons
  until administer --op new --mode target --tid 1 -T $target; do sleep 0.1; done
  for number in $(seq "$1"); do
    tgtimg --op new --device-type cd --type dvd+r --file "$number.img"
    administer --op new --mode logicalunit --tid 1 --lun "$number" -b "$PWD/$number.img" --device-type cd
  done
  administer --op bind --mode target --tid 1 -I ALL
  until iscsiadm -m discovery -t st -p 127.0.0.1; do sleep 0.1; done
  iscsiadm -m node -T $target -l
  for number in $(seq "$1"); do
    until nodes=$(echo /sys/class/scsi_device/*:"$number"/device/{block,scsi_generic}/*) && [[ $nodes != *\** ]]; do
      sleep 0.1
    done
    for node in $nodes; do echo -n "/dev/${node##*/} " >&3; done
    echo >&3
  done
}

stop() {
  iscsiadm -m node -T $target -u
  kill -KILL $(<daemons)  # tgtd minds no gentler word while it has targets
  while grep -q @ISCSIADM_ABSTRACT /proc/net/unix; do sleep 0.1; done  # the next iscsid could not listen there
}

exec 3>&1 >>log 2>&1 </dev/null
"$@"
