# Every kind of keep; what is held, cloned, protected or foreign stays; one job alone by `zrepl prune`.
. "$LAB/lib.sh"

zfs create "$SRC/last"
for ds in daily grid within match legal rep; do zfs create "$SRC/$ds"; done
fill "$SRC/rep" 64
zfs snapshot -r "$SRC@z1"
zfs snapshot "$SRC/last@auto-1"
zfs snapshot "$SRC/last@az1"
zfs snapshot -r "$SRC@z2"
zfs snapshot -r "$SRC@z3"
zfs snapshot -r "$SRC@z4"
sleep 1.1 # one that is not older than the newest would stay
zfs snapshot -r "$SRC@z5"
zfs hold mine "$SRC/last@z1"
zfs clone "$SRC/last@z2" "$SRC/clone"
keep() {
    cat <<TEXT
prune $1 {
  on lab
  datasets { $SRC/$1 -> ok }
  snapshots { prefix "z" }
  $2
}
TEXT
}
lab_site <<TEXT
$(keep last "keep last 2")
$(keep daily "keep daily 1")
$(keep grid "keep grid 1x1h")
$(keep within "keep within 1h")
$(keep match 'keep matching "[13]$"')
$(keep legal "keep last 1")
$(keep rep "keep not_replicated")
protect {
  on lab
  datasets { $SRC/legal< -> ok }
}
push rep {
  from lab
  to lab
  map { $SRC/rep -> $DST/rep }
  initial all
}
TEXT

step "one job alone; what it may not destroy is blocked, and that is no failure"
before=$(state "$SRC/daily" "$SRC/grid" "$SRC/rep" "$SRC/clone" "$DST")
expect_exit 0 zrepl prune "$SITE" last
assert_contains "$OUT" "@z1  stays: held by mine"
assert_contains "$OUT" "@z2  stays: has the clone $SRC/clone"
assert_snapshots "$SRC/last" z1 auto-1 az1 z2 z4 z5
assert_eq "$before" "$(state "$SRC/daily" "$SRC/grid" "$SRC/rep" "$SRC/clone" "$DST")" "the rest"
expect_exit 0 zrepl prune "$SITE" rep
assert_snapshots "$SRC/rep" z1 z2 z3 z4 z5

step "all of them, in one apply"
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE"
assert_snapshots "$SRC/last" z1 auto-1 az1 z2 z4 z5
assert_snapshots "$SRC/daily" z1 z5
assert_snapshots "$SRC/grid" z1 z5
assert_snapshots "$SRC/within" z1 z2 z3 z4 z5
assert_snapshots "$SRC/match" z1 z3 z5
assert_snapshots "$SRC/legal" z1 z2 z3 z4 z5
assert_snapshots "$SRC" z1 z2 z3 z4 z5
assert_snapshots "$SRC/rep" z5
in_step push.rep "$SRC/rep" "$DST/rep" z1 z2 z3 z4 z5
assert_holds "$SRC/last@z1" mine
[ "$(grep -c "^destroy $SRC/daily@" "$ZFS_LOG")" = 1 ] || fail "the destroys were not one command"
at_rest

step "what stood in the way is gone"
zfs release mine "$SRC/last@z1"
zfs destroy "$SRC/clone"
expect_exit 0 zrepl apply "$SITE"
assert_snapshots "$SRC/last" auto-1 az1 z4 z5
at_rest
