#!/bin/busybox sh
# The first process of the emulated machine (scripts/test-kernels.mjs): loads modules, mounts the disk, runs /run.sh in it,
# says how that ended, and powers off.
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do
  insmod "/modules/$module" || echo "== insmod $module failed"
done < /modules/order
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  [ -b /dev/vda ] && break
  sleep 1
done
mount -t ext4 /dev/vda /disk || echo '== the disk could not be mounted'
mount -t proc proc /disk/proc
mount -t sysfs sys /disk/sys
mount -t devtmpfs dev /disk/dev
mkdir -p /disk/dev/pts /disk/dev/shm
mount -t devpts pts /disk/dev/pts
mount -t tmpfs shm /disk/dev/shm
ip link set lo up 2>/dev/null || ifconfig lo 127.0.0.1 up
cp /run.sh /disk/run.sh
echo "== Linux $(uname -r)"
chroot /disk /bin/sh /run.sh
echo "== exit status $?"
sync
poweroff -f
