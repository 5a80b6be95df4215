# Sources and targets that were renamed. Without `on_rename follow` a conflict says where the history
# is; with it the copy gets its name, and what is new is sent incrementally.
. "$LAB/lib.sh"

zfs create "$SRC/db"
zfs create "$SRC/db/wal"
zfs create -V 4M "$SRC/vol"
fill "$SRC/db" 64
zfs snapshot -r "$SRC@1"
copy_site fails ""
expect_exit 0 zrepl apply "$SITE"

step "a renamed source, a renamed volume and a renamed target"
before=$(zfs get -Hp -o value guid "$DST/c/db" "$DST/c/db/wal" "$DST/c/vol")
zfs create "$SRC/deep"
zfs rename "$SRC/db" "$SRC/deep/new"
zfs rename "$DST/c/vol" "$DST/c/by_hand"
fill "$SRC/deep/new" 64 more
zfs snapshot "$SRC/deep/new@2" "$SRC/deep/new/wal@2" "$SRC/vol@2"
expect_exit 4 zrepl apply "$SITE"
assert_contains "$OUT" "$DST/c/db has the history of lab:$SRC/deep/new"
assert_contains "$OUT" "$DST/c/by_hand has the history of lab:$SRC/vol"
assert_missing "$DST/c/deep/new"
assert_no_change expect_exit 4 zrepl apply "$SITE"
copy_site follows "on_rename follow"
arm after 1 # nothing but the placeholder
expect_exit 137 zrepl apply "$SITE"
disarm
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/deep/new" "$DST/c/deep/new" 1 2
in_step push.copy "$SRC/deep/new/wal" "$DST/c/deep/new/wal" 1 2
in_step push.copy "$SRC/vol" "$DST/c/vol" 1 2
assert_eq "$before" "$(zfs get -Hp -o value guid "$DST/c/deep/new" "$DST/c/deep/new/wal" "$DST/c/vol")" "guids"
assert_same_content "$SRC/deep/new@2" "$DST/c/deep/new@2"
assert_missing "$DST/c/db"
at_rest

step "names that went around, killed after the first rename"
for ds in a b; do zfs create "$SRC/$ds"; done
zfs snapshot "$SRC/a@1" "$SRC/b@1"
expect_exit 0 zrepl apply "$SITE"
zfs rename "$SRC/a" "$SRC/old"
zfs rename "$SRC/b" "$SRC/a"
zfs snapshot "$SRC/a@2" "$SRC/old@2"
arm after 1
expect_exit 137 zrepl apply "$SITE"
disarm
assert_exists "$DST/c/old"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$DST/c/a" 1 2
in_step push.copy "$SRC/old" "$DST/c/old" 1 2
assert_missing "$DST/c/b"
at_rest

step "a stream that was cut off moves along"
fill "$SRC/old" 1024
zfs snapshot "$SRC/old@3"
arm cut 400000
expect_exit 7 apply_once "$SITE"
disarm
assert_token "$DST/c/old"
zfs rename "$SRC/old" "$SRC/newer"
expect_exit 0 zrepl apply "$SITE"
assert_contains "$OUT" "% @2 to @3"
in_step push.copy "$SRC/newer" "$DST/c/newer" 1 2 3
assert_same_content "$SRC/newer@3" "$DST/c/newer@3"
at_rest

step "the dataset that was meant, or none"
zfs rename "$SRC/newer" "$SRC/last"
zfs snapshot "$SRC/last@4"
expect_exit 0 zrepl plan "$SITE" --out "$WORK/plan"
zfs rename "$DST/c/newer" "$DST/aside"
zfs create "$DST/c/newer"
expect_exit 5 zrepl apply "$WORK/plan"
assert_exists "$DST/c/newer"
