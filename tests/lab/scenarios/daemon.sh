# The daemon on real pools: what it does by itself, what it is asked for, and ended in a stream by
# SIGTERM and by SIGKILL.
. "$LAB/lib.sh"

zfs create "$SRC/data"
fill "$SRC/data" 64
lab_site <<TEXT
autosnap daily {
  on lab
  datasets { $SRC/data -> ok }
  prefix "daily_"
  every 1d
}
push copy {
  from lab
  to lab
  map { $SRC/data -> $DST/data }
  rate 256KiB/s
}
TEXT

begin() {
    zrepl daemon "$SITE" >>"$WORK/daemon.log" 2>&1 &
    daemon=$!
    for ((i = 0; i < 300; i++)); do
        [ -S "$WORK/state/lab.socket" ] && zrepl resume "$SITE" push.copy 2>/dev/null && return
        sleep 0.1
    done
    fail "the daemon does not listen: $(cat "$WORK/daemon.log")"
}
ends_with() { # STATUS
    local status=0
    wait "$daemon" || status=$?
    assert_eq "$1" "$status" "exit status of the daemon; its log: $(cat "$WORK/daemon.log")"
    assert_no_processes
}
newest() { snapshots "$1" | tail -n 1; }
until_in_stream() { # waits until the target holds a part
    for ((i = 0; i < 600; i++)); do
        [ "$(token "$DST/data")" = - ] || return 0
        if pgrep -f "zfs receive .*$DST/data" >/dev/null; then
            sleep 2
            return 0
        fi
        sleep 0.1
    done
    fail "no stream began: $(cat "$WORK/daemon.log")"
}

step "it takes the snapshot that is due, and what follows sends it"
begin
expect_exit 0 zrepl wake "$SITE" push.copy --wait
assert_eq "$(newest "$SRC/data")" "$(newest "$DST/data")" "the newest copy"
assert_contains "$(newest "$DST/data")" daily_
expect_exit 6 zrepl apply "$SITE"
assert_contains "$ERR" "zrepl wake"

step "SIGTERM in a stream ends it soon, with what has arrived"
fill "$SRC/data" 4096 more
zfs snapshot "$SRC/data@a"
expect_exit 0 zrepl wake "$SITE" push.copy
until_in_stream
kill -TERM "$daemon"
ends_with 0
assert_token "$DST/data"

step "the next one goes on where it was"
begin
expect_exit 0 zrepl wake "$SITE" push.copy --wait
assert_eq a "$(newest "$DST/data")" "the newest copy"
assert_same_content "$SRC/data@a" "$DST/data@a"
assert_contains "$(cat "$WORK/daemon.log")" "resume"

step "killed in a stream, and begun again"
fill "$SRC/data" 4096 again
zfs snapshot "$SRC/data@b"
expect_exit 0 zrepl wake "$SITE" push.copy
until_in_stream
kill -KILL "$daemon"
ends_with 137
begin
expect_exit 0 zrepl wake "$SITE" push.copy --wait
assert_same_content "$SRC/data@b" "$DST/data@b"
kill -TERM "$daemon"
ends_with 0
at_rest
