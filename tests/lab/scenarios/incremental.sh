# One new snapshot, several, some that a job does not select, and a common snapshot that the
# source no longer has: the cursor carries on. What others left on ZFS stays.
. "$LAB/lib.sh"

zfs create "$SRC/a"
zfs create "$SRC/b"
fill "$SRC/a" 64
fill "$SRC/b" 64
zfs snapshot "$SRC/a@s1" "$SRC/b@s1"
lab_site <<TEXT
push copy {
  from lab
  to lab
  map { $SRC/a -> $DST/a; $SRC/b -> $DST/b }
  snapshots { prefix "s" }
}
TEXT
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$DST/a" s1
zfs bookmark "$SRC/a@s1" "$SRC/a#zrepl:other:push.copy:$(printf %016x "$(guid "$SRC/a@s1")")"
zfs hold zrepl:other:push.copy "$DST/b@s1"
zfs bookmark "$SRC/a@s1" "$SRC/a#mine"

step "one"
fill "$SRC/a" 64 more
zfs snapshot "$SRC/a@s2"
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$DST/a" s1 s2
assert_contains "$(grep '^send' "$ZFS_LOG")" "-i $SRC/a@s1 $SRC/a@s2"
assert_same_content "$SRC/a@s2" "$DST/a@s2"

step "several in one stream; with an unselected one between, a stream each"
zfs snapshot "$SRC/a@s3" "$SRC/b@s2"
zfs snapshot "$SRC/a@s4" "$SRC/b@other"
fill "$SRC/a" 64 and
fill "$SRC/b" 64 and
zfs snapshot "$SRC/a@s5" "$SRC/b@s3"
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$DST/a" s1 s2 s3 s4 s5
assert_eq 3 "$(grep -c '^send' "$ZFS_LOG")" "number of streams"
assert_contains "$(grep '^send' "$ZFS_LOG")" "-I $SRC/a@s2 $SRC/a@s5"
assert_snapshots "$DST/b" s1 s2 s3
assert_holds "$DST/b@s1" zrepl:other:push.copy
assert_holds "$DST/b@s3" zrepl:lab:push.copy
assert_same_content "$SRC/b@s3" "$DST/b@s3"
at_rest
assert_exists "$SRC/a#mine"
assert_bookmark "$SRC/a#zrepl:other:push.copy:$(printf %016x "$(guid "$DST/a@s1")")" "$DST/a@s1"

step "the common snapshots are gone from the source: the cursor carries on"
zfs destroy "$SRC/a@s1,s2,s3,s4,s5"
at_rest
fill "$SRC/a" 64 later
zfs snapshot "$SRC/a@s6"
zfs snapshot "$SRC/a@s7"
zfs snapshot "$SRC/a@s8"
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE"
assert_contains "$(grep '^send' "$ZFS_LOG")" "-i $SRC/a#zrepl:lab:push.copy:"
assert_contains "$(grep '^send' "$ZFS_LOG")" "-I $SRC/a@s6 $SRC/a@s8"
in_step push.copy "$SRC/a" "$DST/a" s1 s2 s3 s4 s5 s6 s7 s8
assert_snapshots "$SRC/a" s6 s7 s8
assert_same_content "$SRC/a@s8" "$DST/a@s8"
at_rest

step "lost marks are made again, also with nothing to send"
zfs destroy "$SRC/a#$(cursor push.copy "$SRC/a@s8")"
zfs release zrepl:lab:push.copy "$DST/a@s8"
zfs hold zrepl:lab:push.copy "$DST/a@s7"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$DST/a" s1 s2 s3 s4 s5 s6 s7 s8
at_rest

step "marks of a job that the site no longer has go, and only they"
lab_site <<TEXT
push renamed {
  from lab
  to lab
  map { $SRC/a -> $DST/a }
}
TEXT
expect_exit 0 zrepl apply "$SITE"
in_step push.renamed "$SRC/a" "$DST/a" s1 s2 s3 s4 s5 s6 s7 s8
assert_eq 3 "$(bookmarks "$SRC/a" | wc -l)" "number of bookmarks"
at_rest
