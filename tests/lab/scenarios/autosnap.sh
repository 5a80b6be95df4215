# Snapshots that are due are taken in one transaction a pool; those that are not, are not; what was
# taken is sent and pruned in the same apply.
. "$LAB/lib.sh"

zfs create "$SRC/a"
zfs create "$SRC/a/b"
zfs create -V 1M "$SRC/a/vol"
zfs create "$DST/other"
zfs create -o zrepl:placeholder=on "$SRC/a/ph"
zfs create "$SRC/a/omitted"
lab_site <<TEXT
autosnap monthly {
  on lab
  datasets { $SRC/a< -> ok; $SRC/a/omitted< -> omit; $DST/other -> ok }
  prefix "m_"
  every 4w
}
push copy {
  from lab
  to lab
  map { $SRC/a< -> $DST/copy }
  snapshots { prefix "m_" }
}
TEXT
expect_exit 0 zrepl apply "$SITE" --json
first=$(snapshots "$SRC/a")
[[ $first =~ ^m_[0-9]{8}_[0-9]{6}_[0-9]{3}$ ]] || fail "a snapshot is named '$first'"
for ds in "$SRC/a/b" "$SRC/a/vol" "$DST/other"; do assert_snapshots "$ds" "$first"; done
assert_eq 1 "$(zfs get -H -o value createtxg "$SRC"/{a,a/b,a/vol}@"$first" | sort -u | wc -l)" "transactions"
assert_snapshots "$SRC/a/ph"
assert_snapshots "$SRC/a/omitted"
for ds in "" /b /vol; do in_step push.copy "$SRC/a$ds" "$DST/copy$ds" "$first"; done
assert_missing "$DST/copy/ph"
assert_missing "$DST/copy/omitted"
at_rest

step "each second: always due"
sed 's/every 4w/every 1s/' "$SITE" >"$WORK/often.zr"
sleep 1
expect_exit 0 zrepl autosnap "$WORK/often.zr" monthly
assert_eq 2 "$(snapshots "$SRC/a" | wc -l)" "snapshots after the second"
assert_snapshots "$DST/copy" "$first"
sleep 1
cat >>"$WORK/often.zr" <<TEXT
prune source {
  on lab
  datasets { $SRC/a< -> ok }
  snapshots { prefix "m_" }
  keep last 1
}
TEXT
expect_exit 0 zrepl apply "$WORK/often.zr"
assert_eq 1 "$(snapshots "$SRC/a" | wc -l)" "snapshots that pruning left"
mapfile -t copied < <(snapshots "$DST/copy")
assert_eq 3 "${#copied[@]}" "copied snapshots"
in_step push.copy "$SRC/a" "$DST/copy" "${copied[@]}"
assert_snapshots "$SRC/a" "${copied[2]}"
at_rest "$SITE"
