# A stream that was cut goes on where it was: the first copy, over a placeholder, an incremental one;
# after SIGTERM too. What is not wanted any more is dropped.
. "$LAB/lib.sh"

zfs create "$SRC/a"
zfs create "$SRC/a/kid"
fill "$SRC/a" 3072
zfs snapshot "$SRC/a@1"
zfs snapshot "$SRC/a/kid@1"
push_site a
lab_site kid <<TEXT
push kid {
  from lab
  to lab
  map { $SRC/a/kid -> $DST/p/kid; $SRC/a -> $DST/p }
}
TEXT
SITE=$WORK/site.zr
sent() { # the bytes that the last apply's streams brought, from its events
    sed -n 's/.*"type":"stream_moved".*"bytes":\([0-9]*\),.*/\1/p' "$WORK/.out" | tail -n 1
}

step "a first copy is cut"
arm cut 2000000
expect_exit 7 apply_once "$SITE"
assert_contains "$OUT" "next: mend what failed"
assert_token "$DST/a"
assert_snapshots "$DST/a"
assert_bookmarks "$SRC/a"
assert_no_processes
expect_exit 0 zrepl plan "$SITE"
assert_contains "$OUT" "1 resumed stream"

step "and goes on"
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE" --json
assert_contains "$(grep '^send' "$ZFS_LOG")" "send -t 1-"
assert_eq 1 "$(grep -c '^send' "$ZFS_LOG")" "number of streams"
[ "$(sent)" -lt 1600000 ] || fail "it sent $(sent) bytes"
in_step push.copy "$SRC/a" "$DST/a" 1
assert_same_content "$SRC/a@1" "$DST/a@1"
at_rest

step "and does so in the same apply"
fill "$SRC/a" 1024 again
zfs snapshot "$SRC/a@1b"
arm cut 600000
expect_exit 0 zrepl apply "$SITE"
assert_contains "$ERR" "planning again"
assert_contains "$OUT" "1 resumed stream"
in_step push.copy "$SRC/a" "$DST/a" 1 1b
at_rest

step "SIGTERM in an incremental stream of several"
# More than is on its way at once: pipes hold 2 MiB, connections to and from an sshd several more.
fill "$SRC/a" "$([ -n "${LAB_SSH:-}" ] && echo 12288 || echo 2048)" b
zfs snapshot "$SRC/a@2"
zfs snapshot "$SRC/a@3"
arm TERM 600000
expect_exit 1 zrepl apply "$SITE"
assert_contains "$OUT" "interrupted"
assert_no_processes
assert_token "$DST/a"
in_between=$(snapshots "$DST/a")
assert_eq "1 1b" "$(paste -sd' ' <<<"$in_between")"
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE" --json
assert_contains "$(grep '^send' "$ZFS_LOG")" "send -t 1-"
assert_contains "$(grep '^send' "$ZFS_LOG")" "-i $SRC/a@2 $SRC/a@3"
in_step push.copy "$SRC/a" "$DST/a" 1 1b 2 3
assert_same_content "$SRC/a@3" "$DST/a@3"
at_rest

step "over a placeholder"
SITE=$WORK/kid.zr
# Only the child first, so that its parent is a placeholder.
zfs rename "$SRC/a" "$SRC/was"
zfs create "$SRC/a"
zfs rename "$SRC/was/kid" "$SRC/a/kid"
expect_exit 0 zrepl apply "$SITE"
assert_prop "$DST/p" zrepl:placeholder on local
zfs rename "$SRC/a/kid" "$SRC/was/kid"
zfs destroy "$SRC/a"
zfs rename "$SRC/was" "$SRC/a"
kid=$(guid "$DST/p/kid@1")
arm KILL 2000000
expect_exit 137 zrepl apply "$SITE"
assert_no_processes
assert_token "$DST/p"
assert_prop "$DST/p" zrepl:placeholder on local
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE"
assert_contains "$(grep '^send' "$ZFS_LOG")" "send -t 1-"
assert_prop "$DST/p" zrepl:placeholder off local
in_step push.kid "$SRC/a" "$DST/p" 3
in_step push.kid "$SRC/a/kid" "$DST/p/kid" 1
assert_eq "$kid" "$(guid "$DST/p/kid@1")" "guid of the child"
assert_same_content "$SRC/a@3" "$DST/p@3"
at_rest "$WORK/kid.zr"

step "the source's snapshot is gone: what arrived is dropped"
fill "$SRC/a" 1024 c
zfs snapshot "$SRC/a@4"
arm cut 600000
expect_exit 7 apply_once "$WORK/kid.zr"
assert_token "$DST/p"
zfs destroy "$SRC/a@4"
fill "$SRC/a" 64 d
zfs snapshot "$SRC/a@5"
expect_exit 0 zrepl plan "$WORK/kid.zr"
assert_contains "$OUT" "is not to be sent any more"
expect_exit 0 zrepl apply "$WORK/kid.zr"
in_step push.kid "$SRC/a" "$DST/p" 3 5
assert_same_content "$SRC/a@5" "$DST/p@5"
at_rest "$WORK/kid.zr"
