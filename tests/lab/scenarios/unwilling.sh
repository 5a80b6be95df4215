# Targets that can't take it: without space, exported, read-only, each in the middle of a run. What
# happened is said, nothing is destroyed to make it fit, and once the target can, it goes on.
. "$LAB/lib.sh"

zfs create "$SRC/a"
zfs create "$SRC/b"
fill "$SRC/a" 64
fill "$SRC/b" 64
zfs snapshot -r "$SRC@1"
small=labsmall
POOL_SIZE=96M make_pool "$small"
lab_site <<TEXT
push copy {
  from lab
  to lab
  map { $SRC/a -> $small/a; $SRC/b -> $DST/b }
}
TEXT
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$small/a" 1
copied() { # SNAPSHOT…: both have it
    in_step push.copy "$SRC/a" "$small/a" "$@"
    in_step push.copy "$SRC/b" "$DST/b" "$@"
    assert_same_content "$SRC/a@${!#}" "$small/a@${!#}"
}
bring_back() { zpool import -d "$WORK" "$@" "$small"; }

step "no space: what has arrived is kept, and the other one is not held up"
zfs create "$small/filler"
fill "$small/filler" 16384
fill "$SRC/a" 24576 more
zfs snapshot -r "$SRC@2"
expect_exit 7 zrepl apply "$SITE"
assert_contains "$OUT" "out of space"
assert_contains "$OUT" "free space or raise the quota, then apply again"
in_step push.copy "$SRC/b" "$DST/b" 1 2
assert_snapshots "$small/a" 1
assert_exists "$small/filler"
zfs destroy "$small/filler"
zpool sync "$small"
expect_exit 0 zrepl apply "$SITE"
copied 1 2
at_rest

step "exported while a stream is on its way"
fill "$SRC/a" 64 third
zfs snapshot -r "$SRC@3"
arm wait 0
zrepl apply "$SITE" >"$WORK/out" 2>&1 &
apply=$!
for ((i = 0; i < 300; i++)); do [ ! -e "$WORK/waiting" ] || break; sleep 0.1; done
zpool export "$small"
disarm
status=0
wait "$apply" || status=$?
assert_contains "$(cat "$WORK/out")" "lab:$small/a"
[ "$status" -eq 7 ] || [ "$status" -eq 4 ] || fail "exit status $status: $(cat "$WORK/out")"
in_step push.copy "$SRC/b" "$DST/b" 1 2 3
step "it is away: a conflict, and the rest goes on"
fill "$SRC/b" 64 fourth
zfs snapshot -r "$SRC@4"
expect_exit 4 zrepl apply "$SITE"
assert_contains "$OUT" "pool_missing"
in_step push.copy "$SRC/b" "$DST/b" 1 2 3 4
bring_back
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$small/a" 1 2 3 4
at_rest

step "read-only"
fill "$SRC/a" 64 fifth
zfs snapshot -r "$SRC@5"
zpool export "$small"
bring_back -o readonly=on
expect_exit 7 zrepl apply "$SITE"
assert_contains "$OUT" "read-only"
in_step push.copy "$SRC/b" "$DST/b" 1 2 3 4 5
zpool export "$small"
bring_back
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$small/a" 1 2 3 4 5
at_rest
