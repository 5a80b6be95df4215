# zrepl is killed (-9) after each command that changed something, and in a stream; the next apply
# ends where one that was not killed would have. Each round has new work of every kind.
# limit: 400
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
site_for 0
expect_exit 0 zrepl apply "$SITE"
in_step push.inc "$SRC/inc" "$DST/inc" z0
zfs snapshot "$SRC/inc@z1"
expect_exit 0 zrepl apply "$SITE"

converges() { # ROUND WHAT…: what the next apply makes of it
    local n=$1
    shift
    assert_no_processes
    expect_exit 0 zrepl apply "$SITE"
    in_step push.inc "$SRC/inc" "$DST/inc" "z$((n - 1))" "z$n"
    assert_snapshots "$SRC/inc" "z$((n - 1))" "z$n"
    in_step push.inc "$SRC/first$n" "$DST/p$n/q/first" 1
    assert_eq "$(printf 'on\tlocal\non\tlocal')" \
        "$(zfs get -H -o value,source zrepl:placeholder "$DST/p$n" "$DST/p$n/q")" "placeholders"
    expect_exit 0 zrepl plan "$SITE" --detailed-exitcode
    zfs destroy "$SRC/first$n#$(cursor push.inc "$SRC/first$n@1")"
    zfs destroy -r "$SRC/first$n"
    zfs release zrepl:lab:push.inc "$DST/p$n/q/first@1"
    zfs destroy -r "$DST/p$n"
    echo "killed $*: as it would have been"
}
new_work() { # ROUND KIB
    zfs create "$SRC/first$1"
    fill "$SRC/first$1" "$2"
    fill "$SRC/inc" "$2"
    zfs snapshot "$SRC/inc@z$1" "$SRC/first$1@1"
    site_for "$1"
}

for ((n = 2, killed = 1; killed; n++)); do
    step "after command $((n - 1))"
    new_work "$n" 64
    arm after "$((n - 1))"
    status=0
    zrepl apply "$SITE" || status=$?
    disarm
    case $status in
    137) ;;
    0) killed="" ;;
    *) fail "exit $status of what was to be killed" ;;
    esac
    converges "$n" "after command $((n - 1))"
done
[ "$n" -ge 10 ] || fail "only $n rounds"
echo "note: killed at $((n - 3)) step boundaries"

step "in a stream"
new_work "$n" 1024
arm KILL 600000
expect_exit 137 zrepl apply "$SITE"
assert_no_processes
assert_eq 1 "$(zfs get -H -o value receive_resume_token "$DST/inc" "$DST/p$n/q/first" | grep -c '^1-')" "tokens"
converges "$n" "in a stream"
