# Two ends that do not trust each other, with a line in authorized_keys between them: a push into a
# sink, a pull through an ACL, what is denied, and a stream that is cut.
. "$LAB/lib.sh"

zfs create "$SRC/a"
zfs create "$SRC/a/kid"
zfs create "$SRC/other"
fill "$SRC/a" 3072
fill "$SRC/other" 64
zfs snapshot -r "$SRC/a@1"
zfs snapshot "$SRC/other@1"
zfs create "$DST/office"
zfs create "$DST/home"
zfs snapshot "$DST/home@mine"
start_sshd

serve() { # IDENTITY TEXT: the key opens this and nothing else
    cat >"$WORK/served.zr"
    zrepl serve "$WORK/served.zr" "$1" --log "$WORK/denied" \
        --print-authorized-keys --key "$SSH_KEY.pub" >"$WORK/ssh/authorized"
}

SITE=$WORK/client.zr
cat >"$SITE" <<TEXT
site client
host here {
  transport local
  state "$WORK/state"
}
host there {
  transport ssh { $(ssh_statements) }
  agent on
}
push up {
  from here
  to there
  datasets { $SRC/a< -> ok }
}
TEXT
serve client <<TEXT
site server
host here { transport local }
sink client {
  on here
  map { $SRC/a< -> $DST/office/a }
}
TEXT

step "a push lands where the sink says, and mounts nothing"
mounted=$(grep -cF ' zfs ' /proc/mounts)
expect_exit 0 zrepl apply "$SITE"
for d in a a/kid; do
    assert_snapshots "$DST/office/$d" 1
    assert_holds "$DST/office/$d@1" zrepl:client:push.up
    assert_eq "$(guid "$SRC/$d@1")" "$(guid "$DST/office/$d@1")" "guid of $d@1"
done
assert_same_content "$SRC/a@1" "$DST/office/a@1"
assert_eq "$mounted" "$(grep -cF ' zfs ' /proc/mounts)" "mounted filesystems"
expect_exit 0 zrepl plan "$SITE" --detailed-exitcode

step "what serves has given up what it does not need"
protections=$(grep -m 1 "client: is served here; protections: " "$WORK/denied")
for what in no_new_privs capabilities landlock seccomp "3 descriptors" "environment cleared"; do
    assert_contains "${protections%%not active*}" "$what"
done

step "a connection that is cut costs what was in flight"
fill "$SRC/a" 16384 b
zfs snapshot "$SRC/a@2"
zrepl apply "$SITE" >"$WORK/.cut" 2>&1 &
for ((i = 0; i < 600; i++)); do
    [ "$(token "$DST/office/a")" = - ] || break
    sleep 0.05
done
pkill -9 -f "$WORK/served.zr" || true
wait
expect_exit 0 zrepl apply "$SITE"
assert_snapshots "$DST/office/a" 1 2
assert_same_content "$SRC/a@2" "$DST/office/a@2"
assert_eq - "$(token "$DST/office/a")" "resume token"
assert_no_processes

step "a sink is no way to a rollback, nor to what is beside it"
zfs snapshot "$DST/office/a@theirs"
before=$(state "$DST/home")
sed -i 's/^  datasets.*/&\n  on_diverged rollback/' "$SITE"
zfs destroy "$SRC/a@2"
zfs snapshot "$SRC/a@3"
zrepl apply "$SITE" >"$WORK/.denied" 2>&1 || true
assert_contains "$(cat "$WORK/denied")" "client: denied rollback"
exists "$DST/office/a@theirs" || fail "a client rolled back"
assert_eq "$before" "$(state "$DST/home")" "what is beside the sink"

step "a pull gets what the ACL lets it see, and no more"
zfs create "$DST/pulled"
cat >"$SITE" <<TEXT
site client
host here {
  transport local
  state "$WORK/state"
}
host there {
  transport ssh { $(ssh_statements) }
  agent on
}
pull down {
  from there
  to here
  map { $SRC< -> $DST/pulled }
}
TEXT
serve client <<TEXT
site server
host here { transport local }
pull_acl client {
  on here
  datasets {
    $SRC/a< -> ok
    $SRC/a/kid< -> omit
  }
}
TEXT
expect_exit 0 zrepl apply "$SITE"
assert_contains "$(snapshots "$DST/pulled/a")" 3
exists "$DST/pulled/a/kid" && fail "what the ACL omits was pulled"
exists "$DST/pulled/other" && fail "another dataset was pulled"
expect_exit 0 zrepl plan "$SITE" --detailed-exitcode
assert_no_processes
