# Clones are sent from their origin and are clones on the target; what was promoted is sent in full.
. "$LAB/lib.sh"

zfs create "$SRC/base"
fill "$SRC/base" 1024
zfs snapshot "$SRC/base@1"
zfs snapshot "$SRC/base@2"
zfs clone "$SRC/base@1" "$SRC/one"
fill "$SRC/one" 64 own
zfs snapshot "$SRC/one@x"
zfs snapshot "$SRC/one@y"
zfs create -V 4M "$SRC/vol"
zfs snapshot "$SRC/vol@1"
zfs clone "$SRC/vol@1" "$SRC/vol2"
zfs snapshot "$SRC/vol2@x"
copy_site clones "initial all" "$DST"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/base" "$DST/base" 1 2
in_step push.copy "$SRC/one" "$DST/one" x y
in_step push.copy "$SRC/vol2" "$DST/vol2" x
assert_prop "$DST/one" origin "$DST/base@1"
assert_prop "$DST/vol2" origin "$DST/vol@1"
assert_same_content "$SRC/one@y" "$DST/one@y"
at_rest

step "incremental from then on, and the origin stays"
zfs snapshot "$SRC/one@z" "$SRC/base@3"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/one" "$DST/one" x y z
cat >>"$SITE" <<TEXT
prune copies {
  on lab
  datasets { $DST< -> ok }
  snapshots any
  keep last 1
}
TEXT
expect_exit 0 zrepl apply "$SITE"
assert_contains "$OUT" "has the clone $DST/one"
assert_exists "$DST/base@1"

step "cut off and resumed; cut off and of no use any more"
copy_site clones "" "$DST"
zfs clone "$SRC/base@3" "$SRC/two"
fill "$SRC/two" 1024 own
zfs snapshot "$SRC/two@x"
arm cut 400000
expect_exit 7 apply_once "$SITE"
disarm
assert_token "$DST/two"
assert_prop "$DST/two" origin "$DST/base@3"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/two" "$DST/two" x
assert_prop "$DST/two" origin "$DST/base@3"
assert_same_content "$SRC/two@x" "$DST/two@x"
zfs clone "$SRC/base@3" "$SRC/three"
fill "$SRC/three" 1024 own
zfs snapshot "$SRC/three@x"
arm cut 400000
expect_exit 7 apply_once "$SITE"
disarm
zfs destroy "$SRC/three@x"
zfs snapshot "$SRC/three@y"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/three" "$DST/three" y
at_rest

step "raw"
printf 'passphrase\npassphrase\n' | zfs create -o encryption=on -o keyformat=passphrase -o keylocation=prompt "$SRC/safe"
zfs snapshot "$SRC/safe@1"
zfs clone "$SRC/safe@1" "$SRC/safe2"
zfs snapshot "$SRC/safe2@x"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/safe2" "$DST/safe2" x
assert_prop "$DST/safe2" origin "$DST/safe@1"
zfs snapshot "$SRC/safe2@y"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/safe2" "$DST/safe2" x y
at_rest

step "promoted"
zfs create "$SRC/p"
zfs snapshot "$SRC/p@1"
expect_exit 0 zrepl apply "$SITE"
zfs clone "$SRC/p@1" "$SRC/q"
zfs promote "$SRC/q"
zfs snapshot "$SRC/q@2" "$SRC/p@2"
expect_exit 4 zrepl apply "$SITE"
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/p no_common_snapshot (push.copy)"
in_step push.copy "$SRC/q" "$DST/q" 2
assert_snapshots "$DST/p" 1
