# Targets that went their own way: nothing is overwritten unless `on_diverged rollback` says so, and
# even then not what is held or was never received. The other datasets go on.
. "$LAB/lib.sh"

all="diverged held modified nothing"
for ds in $all fine; do zfs create "$SRC/$ds"; done
fill "$SRC/diverged" 64
zfs snapshot -r "$SRC@1"
copy_site fails ""
expect_exit 0 zrepl apply "$SITE"
zfs set mountpoint="$WORK/mnt/diverged" "$DST/c/diverged"
zfs set mountpoint="$WORK/mnt/held" "$DST/c/held"
zfs set mountpoint="$WORK/mnt/modified" "$DST/c/modified"
for ds in diverged held modified; do
    [ "$(prop "$DST/c/$ds" mounted)" = yes ] || zfs mount "$DST/c/$ds"
    fill "$DST/c/$ds" 64 own
done
zfs snapshot "$DST/c/diverged@own" "$DST/c/held@own"
zfs snapshot "$DST/c/diverged@own2"
zfs hold mine "$DST/c/held@own"
zpool sync
step "nothing to send: nothing to do, whatever the targets look like"
at_rest

zfs create "$SRC/there"
zfs create "$DST/c/there"
zfs snapshot -r "$SRC@2"
zfs destroy "$SRC/nothing@1"
zfs destroy "$SRC/nothing#$(cursor push.copy "$DST/c/nothing@1")"
step "on_diverged fail"
conflicting=()
for ds in $all there; do conflicting+=("$SRC/$ds" "$DST/c/$ds"); done
before=$(state "${conflicting[@]}")
expect_exit 4 zrepl plan "$SITE" --detailed-exitcode
expect_exit 4 zrepl apply "$SITE"
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/c/diverged diverged (push.copy)"
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/c/held diverged (push.copy)"
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/c/modified target_modified (push.copy)"
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/c/nothing no_common_snapshot (push.copy)"
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/c/there target_exists (push.copy)"
assert_eq "$before" "$(state "${conflicting[@]}")" "the datasets in conflict"
in_step push.copy "$SRC/fine" "$DST/c/fine" 1 2
assert_no_change expect_exit 4 zrepl apply "$SITE"

step "on_diverged rollback"
copy_site rolls "on_diverged rollback"
before=$(state "$SRC/held" "$DST/c/held" "$SRC/nothing" "$DST/c/nothing" "$SRC/there" "$DST/c/there")
expect_exit 4 zrepl apply "$SITE"
assert_contains "$OUT" "@own is held by mine"
in_step push.copy "$SRC/diverged" "$DST/c/diverged" 1 2
in_step push.copy "$SRC/modified" "$DST/c/modified" 1 2
assert_same_content "$SRC/diverged@2" "$DST/c/diverged@2"
assert_eq "$before" "$(state "$SRC/held" "$DST/c/held" "$SRC/nothing" "$DST/c/nothing" "$SRC/there" "$DST/c/there")" "the rest"
zfs release mine "$DST/c/held@own"
zfs rename "$DST/c/nothing" "$DST/c/aside"
zfs destroy "$DST/c/there"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/held" "$DST/c/held" 1 2
in_step push.copy "$SRC/nothing" "$DST/c/nothing" 2
in_step push.copy "$SRC/there" "$DST/c/there" 2
at_rest

step "a name that is taken, two sources for one target, no pool"
zfs create "$SRC/taken"
zfs snapshot "$SRC/taken@1"
expect_exit 0 zrepl apply "$SITE"
zfs snapshot "$DST/c/taken@2"
fill "$SRC/taken" 64
zfs snapshot "$SRC/taken@2"
lab_site others <<TEXT
push copy {
  from lab
  to lab
  map { $SRC/taken -> $DST/c/taken; $SRC/fine -> $DST/one; $SRC/held -> $DST/one; $SRC/there -> nopool/there }
}
TEXT
expect_exit 4 zrepl apply "$SITE"
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/one target_collision"
assert_contains "$(tr -s " " <<<"$OUT")" "nopool/there target_pool_missing"
assert_snapshots "$DST/c/taken" 1 2
assert_missing "$DST/one"
