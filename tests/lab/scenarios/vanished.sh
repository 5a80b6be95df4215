# Datasets and snapshots that are destroyed between plan and step: their steps fail and say why, what
# comes after them is skipped, and the others go on.
. "$LAB/lib.sh"

for ds in a gone left lost z; do zfs create "$SRC/$ds"; done
zfs snapshot -r "$SRC@1"
push_site a gone left lost z
sed -i 's/^host lab {/&\n  slots 1/' "$SITE" # one stream at a time, in the order of the plan
expect_exit 0 zrepl apply "$SITE"
zfs snapshot -r "$SRC@2"
cat >"$WORK/hook" <<TEXT
zfs destroy -r "$SRC/gone"
zfs destroy "$SRC/lost@2"
zfs release zrepl:lab:push.copy "$DST/left@1"
zfs destroy -r "$DST/left"
TEXT
arm hook 0
expect_exit 7 apply_once "$SITE"
assert_missing "$SRC/gone"
assert_contains "$OUT" "'$SRC/gone@2' does not exist any more: plan again"
assert_contains "$OUT" "'$SRC/lost@2' does not exist any more: plan again"
assert_contains "$OUT" "destination '$DST/left' does not exist; it has changed since the plan was made"
for ds in gone left lost; do
    assert_contains "$OUT" "hold lab:$DST/$ds@2: skipped because step"
done
for ds in a z; do in_step push.copy "$SRC/$ds" "$DST/$ds" 1 2; done
in_step push.copy "$SRC/lost" "$DST/lost" 1
assert_snapshots "$DST/gone" 1
assert_missing "$DST/left"
assert_no_processes

step "the next apply makes the best of what there is"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/left" "$DST/left" 2
in_step push.copy "$SRC/lost" "$DST/lost" 1
assert_snapshots "$DST/gone" 1
at_rest
