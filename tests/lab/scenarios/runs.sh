# One apply at a time, saved plans, and what the exit status says.
# limit: 900
. "$LAB/lib.sh"

zfs create "$SRC/a"
fill "$SRC/a" 64
zfs snapshot "$SRC/a@1"
lab_site <<TEXT
push copy {
  from lab
  to lab
  map { $SRC/a -> $DST/a }
}
TEXT

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
