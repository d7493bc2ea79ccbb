# shellcheck shell=bash disable=SC2034,SC2154 # set for and by the library
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Disks for guests on what hosts really use, made of the disk that STORE_MB gives the machine. It must not know which
# guests use them, nor what for.

store_disk=/dev/vde
store_files=/run/store
store_meta_sectors=16384 # 8 MB, of a pool of some GB at most

# storage_create loop-ext4|dm-thin COUNT MB: guests that are created from now on have these for disks.
storage_create() {
	storage_kind=$1
	GUEST_STORE=()
	"create_${storage_kind//-/_}" "$2" "$3"
}

# Once no guest has them any more. The driver may let go of a disk a little after its guest has gone.
storage_destroy() {
	"destroy_${storage_kind//-/_}"
	GUEST_STORE=()
}

# Files that grow as they are written, each a loop device.
create_loop_ext4() {
	local i
	modprobe loop
	mkfs.ext4 -q -F $store_disk
	mkdir -p $store_files
	mount $store_disk $store_files
	for ((i = 0; i < $1; i++)); do
		truncate -s "$2M" "$store_files/$i"
		GUEST_STORE+=("$(losetup --find --show "$store_files/$i")")
	done
}

destroy_loop_ext4() {
	losetup --detach "${GUEST_STORE[@]}"
	await 10 umount $store_files
}

# There is no udev to wait for.
dm() { DM_DISABLE_UDEV=1 dmsetup "$@"; }

# Volumes that take blocks of 64 kB from a pool as they are written, as LVM makes them.
create_dm_thin() {
	local i data_sectors
	data_sectors=$(($(blockdev --getsz $store_disk) - store_meta_sectors))
	modprobe dm-thin-pool
	dm create store-meta --table "0 $store_meta_sectors linear $store_disk 0"
	dm create store-data --table "0 $data_sectors linear $store_disk $store_meta_sectors"
	# All zero is a pool that has nothing yet.
	dd if=/dev/zero of=/dev/mapper/store-meta bs=4096 count=1 conv=fsync status=none
	dm create store-pool --table "0 $data_sectors thin-pool /dev/mapper/store-meta /dev/mapper/store-data 128 0"
	for ((i = 0; i < $1; i++)); do
		dm message store-pool 0 "create_thin $i"
		dm create "store-$i" --table "0 $(($2 * 2048)) thin /dev/mapper/store-pool $i"
		GUEST_STORE+=("/dev/mapper/store-$i")
	done
}

destroy_dm_thin() {
	local disk
	for disk in "${GUEST_STORE[@]}" store-{pool,data,meta}; do
		await 10 dm remove "${disk##*/}"
	done
}
