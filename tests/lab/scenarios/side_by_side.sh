# Many small datasets with one new snapshot each, over ssh on loopback: zrepl beside syncoid and beside
# the bare commands, and then the same with nothing to do. Only printed. Six; a hundred with
# `run --all`, which takes an hour.
# limit: 7200
. "$LAB/lib.sh"

n=6
[ ! -e "$LAB/all" ] || n=100
start_sshd
datasets=()
for ((i = 1; i <= n; i++)); do datasets+=("$SRC/t/d$i"); done
zfs create "$SRC/t"
for ds in "${datasets[@]}"; do
    zfs create "$ds"
    fill "$ds" 16
done
zfs snapshot -r "$SRC/t@1"
zfs create "$DST/bare"
zfs create "$DST/byssh"
zfs create "$DST/syncoid"
write_site <<TEXT
site lab
host lab {
  transport local
  slots 4
  state "$WORK/state"
}
host far {
  transport ssh { $(ssh_statements) }
  slots 4
}
push copy {
  from lab
  to far
  map { $SRC/t< -> $DST/zrepl }
}
TEXT

now() { echo $((${EPOCHREALTIME/./} / 1000)); }
timed() { # COMMAND…: milliseconds in $MS
    local begin
    begin=$(now)
    "$@" >"$WORK/.out" 2>"$WORK/.err" || { cat "$WORK/.out" "$WORK/.err" >&2; fail "$*"; }
    MS=$(($(now) - begin))
}
bare() { # FROM TO [BELOW]: one after the other, on this machine, no ssh
    local ds
    for ds in "$SRC/t" "${datasets[@]}"; do
        zfs send ${1:+-i "@$1"} "$ds@$2" | zfs recv -s -u "$DST/${3:-bare}/${ds#"$SRC/"}"
    done
}
two_lists() {
    zfs list -Hp -r -t all -o name,guid,createtxg "$SRC/t"
    zfs list -Hp -r -t all -o name,guid,createtxg "$DST/zrepl"
}
far() { ssh -i "$SSH_KEY" -p "$SSH_PORT" -o "UserKnownHostsFile=$SSH_KNOWN" root@127.0.0.1 "$@"; }
two_lists_by_ssh() {
    zfs list -Hp -r -t all -o name,guid,createtxg "$SRC/t"
    far zfs list -Hp -r -t all -o name,guid,createtxg "$DST/zrepl"
}
bare_by_ssh() { # FROM TO
    local ds
    for ds in "$SRC/t" "${datasets[@]}"; do
        zfs send ${1:+-i "@$1"} "$ds@$2" | far zfs recv -s -u "$DST/byssh/${ds#"$SRC/"}"
    done
}
zrepl_apply() { zrepl apply "$SITE"; }
with_syncoid() {
    syncoid -r --no-sync-snap --sshport "$SSH_PORT" --sshkey "$SSH_KEY" \
        --sshoption="UserKnownHostsFile=$SSH_KNOWN" "$SRC/t" "root@127.0.0.1:$DST/syncoid/t"
}

bare "" 1
bare "" 1 byssh
bare "" 1 syncoid
timed zrepl_apply
for ds in "${datasets[@]}"; do fill "$ds" 16 more; done
zfs snapshot -r "$SRC/t@2"

note() { echo "note: $n datasets, $*"; }
timed bare 1 2
reference=$MS
note "one new snapshot: bare zfs send | zfs recv, no ssh: $MS ms"
timed bare_by_ssh 1 2
note "one new snapshot: the same by ssh(1): $MS ms, $((MS * 100 / reference)) % of that"
timed zrepl_apply
note "one new snapshot: zrepl apply over ssh: $MS ms, $((MS * 100 / reference)) % of that"
timed with_syncoid
note "one new snapshot: syncoid over ssh: $MS ms, $((MS * 100 / reference)) % of that"
for ds in "$SRC/t" "${datasets[@]}"; do assert_exists "$DST/zrepl${ds#"$SRC/t"}@2"; done

timed two_lists
reference=$MS
note "nothing to do: two bare zfs list: $MS ms"
timed two_lists_by_ssh
note "nothing to do: the same, one by ssh(1): $MS ms, $((MS * 100 / reference)) % of that"
timed zrepl_apply
note "nothing to do: zrepl apply over ssh: $MS ms, $((MS * 100 / reference)) % of that"
timed with_syncoid
note "nothing to do: syncoid over ssh: $MS ms, $((MS * 100 / reference)) % of that"
