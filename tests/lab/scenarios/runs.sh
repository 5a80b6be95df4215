# One apply at a time, saved plans, and what the exit status says.
. "$LAB/lib.sh"

zfs create "$SRC/a"
fill "$SRC/a" 64
zfs snapshot "$SRC/a@1"
push_site a

step "the second of two applies is refused and names the first; a plan is free"
arm wait 0
zrepl apply "$SITE" >"$WORK/first.out" 2>&1 &
first=$!
for ((i = 0; i < 300; i++)); do
    [ -e "$WORK/waiting" ] && break
    sleep 0.1
done
expect_exit 6 zrepl apply "$SITE"
assert_contains "$ERR" "pid $first"
assert_contains "$ERR" "site lab is locked"
expect_exit 0 zrepl plan "$SITE"
disarm
status=0
wait "$first" || status=$?
assert_eq 0 "$status" "exit status of the first"
in_step push.copy "$SRC/a" "$DST/a" 1
at_rest

step "a saved plan is carried out once"
fill "$SRC/a" 64 more
zfs snapshot "$SRC/a@2"
assert_no_change expect_exit 2 zrepl plan "$SITE" --out "$WORK/plan.json" --detailed-exitcode
expect_exit 0 zrepl show "$WORK/plan.json"
assert_contains "$OUT" "@1 to @2"
expect_exit 0 zrepl apply "$WORK/plan.json"
in_step push.copy "$SRC/a" "$DST/a" 1 2
assert_no_change expect_exit 5 zrepl apply "$WORK/plan.json"
assert_contains "$ERR" "nothing was done"
at_rest

step "one whose world has changed is not"
zfs snapshot "$SRC/a@3"
expect_exit 0 zrepl plan "$SITE" --out "$WORK/plan.json"
zfs snapshot "$SRC/a@4"
assert_no_change expect_exit 5 zrepl apply "$WORK/plan.json"
zfs destroy "$SRC/a@4"
zfs destroy "$SRC/a@3"
zfs snapshot "$SRC/a@3"
assert_no_change expect_exit 5 zrepl apply "$WORK/plan.json"

step "what is wrong, and what fails"
sed 's/map {.*/map { nowhere->/' "$SITE" >"$WORK/wrong.zr"
expect_exit 3 zrepl apply "$WORK/wrong.zr"
expect_exit 3 zrepl apply "$WORK/none.zr"
sed 's|zfs \[.*|zfs ["/no/such/zfs"]|' "$SITE" >"$WORK/nozfs.zr"
expect_exit 4 zrepl apply "$WORK/nozfs.zr"
assert_contains "$OUT" "/no/such/zfs"
zfs set quota=8M "$DST"
fill "$SRC/a" 16384 big
zfs snapshot "$SRC/a@5"
expect_exit 7 zrepl apply "$SITE"
assert_contains "$OUT" "space quota exceeded"
zfs set quota=none "$DST"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$DST/a" 1 2 3 5
at_rest

step "the records of the runs are there, for root alone"
assert_eq 600 "$(stat -c %a "$WORK/state/lab.journal")" "mode of the journal"
grep -q '"type":"run_ended"' "$WORK/state/lab.journal" || fail "the journal lacks the end of a run"
expect_exit 0 zrepl why "$SITE" "lab:$SRC/a@5"
expect_exit 0 zrepl observe "$SITE"
assert_contains "$OUT" "\"$(guid "$SRC/a@5")\""

step "no room for the lock: nothing is done"
small=$WORK/small
mkdir "$small"
mount -t tmpfs -o size=8k tmpfs "$small"
sed "s|state \".*|state \"$small\"|" "$SITE" >"$WORK/small.zr"
head -c 8192 /dev/zero >"$small/filler" || true
zfs snapshot "$SRC/a@6"
assert_no_change expect_exit 1 zrepl apply "$WORK/small.zr"
assert_contains "$ERR" "cannot write the lock $small/lab.lock: No space left on device"
[ ! -s "$small/lab.lock" ] || fail "half a lock is left"

step "none for the journal: the run ends, and what is there are whole lines"
rm "$small/filler"
tail -c 3900 "$WORK/state/lab.journal" | sed 1d >"$small/lab.journal"
lines=$(wc -l <"$small/lab.journal")
expect_exit 1 zrepl apply "$WORK/small.zr"
assert_contains "$OUT$ERR" "cannot write the journal $small/lab.journal: No space left on device"
[ "$(wc -l <"$small/lab.journal")" -ge "$lines" ] || fail "the journal has lost lines"
[ -z "$(tail -c 1 "$small/lab.journal")" ] || fail "the journal ends in half a line"
jq -c . "$small/lab.journal" >/dev/null
[ ! -s "$small/lab.lock" ] || fail "the lock is left"
umount "$small"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/a" "$DST/a" 1 2 3 5 6
at_rest
