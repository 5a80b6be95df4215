# zrepl is killed (-9) after the first command of each run that changed something, until none is left
# to do: at every step boundary in turn. Then after every second, then in a stream. Each time it ends
# where a run that was not killed would have ended.
. "$LAB/lib.sh"

zfs create "$SRC/inc"
fill "$SRC/inc" 64
zfs snapshot "$SRC/inc@z0"
site_for() { # ROUND: an incremental copy with pruning at both ends, and a first one below placeholders
    lab_site <<TEXT
push inc {
  from lab
  to lab
  map { $SRC/inc -> $DST/inc; $SRC/first$1 -> $DST/p$1/q/first }
}
prune both {
  on lab
  datasets { $SRC/inc -> ok; $DST/inc -> ok }
  snapshots { prefix "z" }
  keep last 2
}
TEXT
}
new_work() { # ROUND KIB
    zfs create "$SRC/first$1"
    fill "$SRC/first$1" "$2"
    fill "$SRC/inc" "$2"
    zfs snapshot "$SRC/inc@z$1" "$SRC/first$1@1"
    site_for "$1"
}
converged() { # ROUND
    in_step push.inc "$SRC/inc" "$DST/inc" "z$(($1 - 1))" "z$1"
    assert_snapshots "$SRC/inc" "z$(($1 - 1))" "z$1"
    assert_bookmarks "$SRC/inc" "$(cursor push.inc "$SRC/inc@z$1")"
    in_step push.inc "$SRC/first$1" "$DST/p$1/q/first" 1
    assert_eq "$(printf 'on\tlocal\non\tlocal')" \
        "$(zfs get -H -o value,source zrepl:placeholder "$DST/p$1" "$DST/p$1/q")" "placeholders"
    assert_same_content "$SRC/inc@z$1" "$DST/inc@z$1"
    assert_same_content "$SRC/first$1@1" "$DST/p$1/q/first@1"
    at_rest
}
killed_after() { # N: runs until one is not killed; sets KILLED
    local status=137
    for ((KILLED = -1; status == 137; KILLED++)); do
        [ "$KILLED" -lt 40 ] || fail "it comes to no end"
        status=0
        arm after "$1"
        zrepl apply "$SITE" || status=$?
        disarm
        assert_no_processes
    done
    assert_eq 0 "$status" "exit status of the last run"
    echo "note: killed $KILLED times, each after $1 changes"
}
site_for 0
expect_exit 0 zrepl apply "$SITE"
in_step push.inc "$SRC/inc" "$DST/inc" z0
zfs snapshot "$SRC/inc@z1"
expect_exit 0 zrepl apply "$SITE"

step "at every step boundary"
new_work 2 64
killed_after 1
[ "$KILLED" -ge 9 ] || fail "killed only $KILLED times"
converged 2

step "at every second one"
new_work 3 64
killed_after 2
[ "$KILLED" -ge 4 ] || fail "killed only $KILLED times"
converged 3

step "in a stream"
new_work 4 1024
arm KILL 600000
expect_exit 137 zrepl apply "$SITE"
assert_no_processes
# On a busy machine the other one may have begun as well.
zfs get -H -o value receive_resume_token "$DST/inc" "$DST/p4/q/first" 2>/dev/null >"$WORK/tokens" || true
grep -q '^1-' "$WORK/tokens" || fail "nothing is left to resume: $(paste -sd ' ' "$WORK/tokens")"
expect_exit 0 zrepl apply "$SITE"
converged 4
