# What the planner and the executor rely on ZFS to do; FACTS.md has more and
# the texts. A failure here means that ZFS is not as zrepl believes, and comes
# before any failure of zrepl itself.
. "$LAB/lib.sh"

case $(zfs version | head -n 1) in
zfs-2.1.*) old=1 ;;
*) old="" ;;
esac
tab=$'\t'
missing="dataset does not exist"

zfs create "$SRC/s"
for i in 1 2 3; do
    fill "$SRC/s" 512 "f$i"
    zfs snapshot "$SRC/s@$i"
done

step "a property set on a dataset is local, below it inherited"
zfs create -o zrepl:placeholder=on "$SRC/a"
zfs create "$SRC/a/b"
expect_exit 1 zfs get -Hp -r -t filesystem,volume -o name,property,value,source zrepl:placeholder \
    "$SRC/nope" "$SRC/a" "$SRC/s"
assert_eq "$SRC/a${tab}zrepl:placeholder${tab}on${tab}local
$SRC/a/b${tab}zrepl:placeholder${tab}on${tab}inherited from $SRC/a
$SRC/s${tab}zrepl:placeholder${tab}-${tab}-" "$OUT"
assert_eq "cannot open '$SRC/nope': $missing" "$ERR"
zfs create -p -o zrepl:placeholder=on "$SRC/p/q"
assert_prop "$SRC/p" zrepl:placeholder - -
assert_prop "$SRC/p/q" zrepl:placeholder on local

step "a listing goes on past a missing root"
zfs bookmark "$SRC/s@1" "$SRC/s#one"
expect_exit 1 zfs list -Hp -r -t snapshot,bookmark -o name,guid,userrefs,clones,written \
    "$SRC/nope" nopool/x "$SRC/s" "$SRC/a"
assert_eq "cannot open '$SRC/nope': $missing
cannot open 'nopool/x': $missing" "$ERR"
assert_eq 4 "$(wc -l <<<"$OUT")"
assert_contains "$OUT" "$SRC/s#one$tab$(guid "$SRC/s@1")$tab-$tab-$tab-"

step "a bookmark can be copied, and is that snapshot"
zfs bookmark "$SRC/s#one" "$SRC/s#copy"
assert_bookmark "$SRC/s#copy" "$SRC/s@1"
expect_exit 1 zfs bookmark "$SRC/s@2" "$SRC/s#copy"
assert_eq "cannot create bookmark '$SRC/s#copy': bookmark exists" "$ERR"
zfs destroy "$SRC/s#copy"
expect_exit 1 zfs destroy "$SRC/s#copy"
assert_eq "bookmark '$SRC/s#copy' does not exist." "$ERR"

step "one snapshot command is all or nothing, and one transaction"
zfs create "$SRC/m1"
zfs create "$SRC/m2"
expect_exit 2 zfs snapshot "$SRC/m1@x" "$SRC/nope@x" "$SRC/m2@x"
assert_contains "$ERR" "cannot open '$SRC/nope': $missing"
assert_snapshots "$SRC/m1"
assert_snapshots "$SRC/m2"
zfs snapshot "$SRC/m1@x" "$SRC/m2@x"
assert_eq "$(prop "$SRC/m1@x" createtxg)" "$(prop "$SRC/m2@x" createtxg)"
expect_exit 1 zfs snapshot "$SRC/m1@y" "$SRC/m2@x"
assert_contains "$ERR" "cannot create snapshot '$SRC/m2@x': dataset already exists"
assert_snapshots "$SRC/m1" x
expect_exit 1 zfs snapshot "$SRC/m1@y" "$SRC/m1@z"
expect_exit 1 zfs snapshot "$SRC/m1@y" "$DST@y"
assert_contains "$ERR" "multiple snapshots of same fs not allowed"
assert_snapshots "$SRC/m1" x

step "holding and releasing several goes on past a failure"
zfs snapshot "$SRC/m1@y" && zfs snapshot "$SRC/m1@z"
zfs hold t "$SRC/m1@x"
expect_exit 1 zfs hold t "$SRC/m1@x" "$SRC/m1@nope" "$SRC/m1@y"
assert_eq "cannot hold snapshot '$SRC/m1@x': tag already exists on this dataset
cannot hold snapshot '$SRC/m1@nope': $missing" "$ERR"
assert_hold "$SRC/m1@y" t
expect_exit 0 zfs holds -H "$SRC/m1@x" "$SRC/m1@y"
[[ $OUT =~ ^$SRC/m1@x${tab}t${tab}[A-Z].*$'\n'$SRC/m1@y${tab}t${tab}[A-Z] ]] || fail "the form of zfs holds"
if [ -n "$old" ]; then
    expect_exit 2 zfs holds -Hp "$SRC/m1@x"
else
    expect_exit 0 zfs holds -Hp "$SRC/m1@x"
fi
expect_exit 1 zfs release t "$SRC/m1@x" "$SRC/m1@z" "$SRC/m1@nope" "$SRC/m1@y"
assert_eq "cannot release hold from snapshot '$SRC/m1@z': no such tag on this dataset
cannot release hold from snapshot '$SRC/m1@nope': $missing" "$ERR"
assert_no_hold "$SRC/m1@x" t
assert_no_hold "$SRC/m1@y" t

step "destroying several: missing ones do not count, a held or cloned one stops all"
zfs hold keep "$SRC/m1@y"
expect_exit 1 zfs destroy "$SRC/m1@x,y,z"
if [ -n "$old" ]; then
    assert_eq "cannot destroy snapshot $SRC/m1@y: dataset is busy" "$ERR"
else
    assert_eq "cannot destroy snapshot $SRC/m1@y: it's being held. Run 'zfs holds -r $SRC/m1@y' to see holders." "$ERR"
fi
assert_snapshots "$SRC/m1" x y z
zfs release keep "$SRC/m1@y"
zfs clone "$SRC/m1@y" "$SRC/clone"
expect_exit 1 zfs destroy "$SRC/m1@x,y,z"
assert_contains "$ERR" "cannot destroy '$SRC/m1@y': snapshot has dependent clones"
assert_snapshots "$SRC/m1" x y z
assert_prop "$SRC/m1@y" clones "$SRC/clone"
zfs destroy "$SRC/clone"
expect_exit 0 zfs destroy "$SRC/m1@x,nope,y,z"
assert_snapshots "$SRC/m1"
expect_exit 1 zfs destroy "$SRC/m1@nope,nope2"
assert_eq "could not find any snapshots to destroy; check snapshot names." "$ERR"

step "a received snapshot keeps its guid and its time"
zfs send "$SRC/s@1" | zfs recv -s -u "$DST/d"
assert_same_guid "$SRC/s@1" "$DST/d@1"
assert_eq "$(prop "$SRC/s@1" creation)" "$(prop "$DST/d@1" creation)"
assert_same_content "$SRC/s@1" "$DST/d@1"

step "a -I cut in its second snapshot leaves the first, and a token for the second alone"
fill "$SRC/s" 512 f4
zfs snapshot "$SRC/s@4"
one=$(zfs send -i @1 "$SRC/s@2" | wc -c)
send_cut $((one + 300000)) "-I @1 $SRC/s@4" -s -u "$DST/d"
assert_snapshots "$DST/d" 1 2
assert_token "$DST/d"
assert_prop "$DST/d@2" clones "$DST/d/%recv"
expect_exit 0 zfs send -nvt "$(token "$DST/d")"
assert_contains "$OUT" "toname = $SRC/s@3"
assert_contains "$OUT" "send from $SRC/s@2 to $SRC/s@3 estimated size is"
expect_exit 1 zfs destroy "$DST/d@2"
zfs snapshot "$DST/d@while" && zfs destroy "$DST/d@while"
zfs send -t "$(token "$DST/d")" | zfs recv -s -u "$DST/d"
assert_snapshots "$DST/d" 1 2 3
assert_no_token "$DST/d"
zfs send -i @1 "$SRC/s@2" | zfs recv -s -u "$DST/d" # it is there: no failure
assert_snapshots "$DST/d" 1 2 3

step "newer snapshots on the target: unchanged are no hindrance, changed are destroyed by -F alone"
zfs rollback -r "$DST/d@2"
zfs snapshot "$DST/d@empty"
zfs send -i @2 "$SRC/s@3" | zfs recv -s -u "$DST/d"
assert_snapshots "$DST/d" 1 2 empty 3
zfs rollback -r "$DST/d@2"
zfs mount "$DST/d"
fill "$DST/d" 64 local
zfs snapshot "$DST/d@local"
zfs send -i @2 "$SRC/s@3" >"$WORK/inc"
expect_exit 1 zfs recv -s -u "$DST/d" <"$WORK/inc"
assert_eq "cannot receive incremental stream: destination $DST/d has been modified
since most recent snapshot" "$ERR"
zfs hold mine "$DST/d@local"
expect_exit 1 zfs recv -s -u -F "$DST/d" <"$WORK/inc"
assert_eq "cannot receive incremental stream: dataset is busy" "$ERR"
assert_snapshots "$DST/d" 1 2 local
zfs recv -A "$DST/d"
zfs release mine "$DST/d@local"
zfs recv -s -u -F "$DST/d" <"$WORK/inc"
assert_snapshots "$DST/d" 1 2 3

step "a rollback destroys newer bookmarks, and needs -r for them"
zfs bookmark "$DST/d@3" "$DST/d#3"
zfs bookmark "$DST/d@2" "$DST/d#2"
zfs destroy "$DST/d@3"
expect_exit 1 zfs rollback "$DST/d@2"
assert_eq "cannot rollback to '$DST/d@2': more recent snapshots or bookmarks exist
use '-r' to force deletion of the following snapshots and bookmarks:
$DST/d#3" "$ERR"
zfs rollback -r "$DST/d@2"
assert_bookmarks "$DST/d" 2

step "a cut receive into nothing makes the dataset; -A takes it away"
send_cut 300000 "$SRC/s@1" -s -u -o zrepl:placeholder=off "$DST/new"
assert_token "$DST/new"
assert_prop "$DST/new" inconsistent 1
assert_prop "$DST/new" zrepl:placeholder off local
assert_snapshots "$DST/new"
zfs recv -A "$DST/new"
assert_missing "$DST/new"
expect_exit 2 zfs recv -A "$DST/new"

step "a cut receive into a placeholder leaves it one; the resume needs -F and the property again"
zfs create -o canmount=off -o zrepl:placeholder=on "$DST/ph"
zfs create "$DST/ph/child"
was=$(guid "$DST/ph")
send_cut 300000 "$SRC/s@1" -s -u -F -o zrepl:placeholder=off "$DST/ph"
assert_token "$DST/ph"
assert_prop "$DST/ph" zrepl:placeholder on local
assert_prop "$DST/ph" inconsistent 0
zfs recv -A "$DST/ph"
assert_no_token "$DST/ph"
assert_prop "$DST/ph" zrepl:placeholder on local
expect_exit 1 zfs recv -A "$DST/ph"
assert_eq "'$DST/ph' does not have any resumable receive state to abort" "$ERR"
send_cut 300000 "$SRC/s@1" -s -u -F -o zrepl:placeholder=off "$DST/ph"
zfs send "$SRC/s@1" >"$WORK/full"
expect_exit 1 zfs recv -s -u -F "$DST/ph" <"$WORK/full"
assert_contains "$ERR" "destination $DST/ph contains partially-complete state from \"zfs receive -s\"."
# Without -F, 2.1 takes all the data and fails at the end: the token has moved.
zfs send -t "$(token "$DST/ph")" >"$WORK/resume"
expect_exit 1 zfs recv -s -u "$DST/ph" <"$WORK/resume"
assert_prop "$DST/ph" zrepl:placeholder on local
zfs send -t "$(token "$DST/ph")" >"$WORK/resume"
zfs recv -s -u -F -o zrepl:placeholder=off "$DST/ph" <"$WORK/resume"
assert_prop "$DST/ph" zrepl:placeholder off local
assert_eq "$was" "$(guid "$DST/ph")"
assert_snapshots "$DST/ph" 1
assert_exists "$DST/ph/child"
expect_exit 1 zfs recv -s -u -F "$DST/ph" <"$WORK/full"
assert_contains "$ERR" "cannot receive new filesystem stream: destination has snapshots (eg. $DST/ph@1)"
zfs create -o canmount=off -o zrepl:placeholder=on "$DST/ph2"
send_cut 300000 "$SRC/s@1" -s -u -F -o zrepl:placeholder=off "$DST/ph2"
zfs send -t "$(token "$DST/ph2")" | zfs recv -s -u -F "$DST/ph2"
assert_prop "$DST/ph2" zrepl:placeholder on local

step "a token that the target has gone past is refused, and does no harm"
zfs rollback -r "$DST/d@1"
send_cut 140000 "-i @1 $SRC/s@2" -s -u "$DST/d"
token=$(token "$DST/d")
send_cut 300000 "-t $token" -s -u "$DST/d"
[ "$token" != "$(token "$DST/d")" ] || fail "the token did not move"
zfs send -t "$token" >"$WORK/stale"
expect_exit 1 zfs recv -s -u "$DST/d" <"$WORK/stale"
zfs send -t "$(token "$DST/d")" | zfs recv -s -u "$DST/d"
assert_snapshots "$DST/d" 1 2
assert_same_content "$SRC/s@2" "$DST/d@2"
expect_exit 1 zfs recv -s -u "$DST/d" <"$WORK/stale"
assert_no_token "$DST/d"

step "tokens outlive names and a base that became a bookmark, not their snapshot"
zfs rollback -r "$DST/d@1"
send_cut 300000 "-i @1 $SRC/s@2" -s -u "$DST/d"
token=$(token "$DST/d")
zfs destroy "$SRC/s@1"
expect_exit 0 zfs send -nvt "$token"
assert_contains "$OUT" "send from $SRC/s#one to $SRC/s@2"
zfs destroy "$SRC/s@2"
expect_exit 255 zfs send -nvt "$token"
assert_contains "$ERR" "cannot resume send: '$SRC/s@2' used in the initial send no longer exists"
expect_exit 255 zfs send -nvt 1-bad
assert_contains "$ERR" "cannot resume send: resume token is corrupt"

step "volumes"
zfs create -V 4M "$SRC/v"
zfs snapshot "$SRC/v@1"
zfs send "$SRC/v@1" >"$WORK/v"
expect_exit 1 zfs recv -s -u -o canmount=noauto "$DST/v" <"$WORK/v"
assert_eq "cannot receive new filesystem stream: property 'canmount' does not apply to datasets of this type" "$ERR"
assert_missing "$DST/v"
zfs recv -s -u -o readonly=on "$DST/v" <"$WORK/v"
zfs create -o zrepl:placeholder=on "$DST/phv"
zfs create "$DST/phv/child"
expect_exit 1 zfs recv -s -u -F -o zrepl:placeholder=off "$DST/phv" <"$WORK/v"
assert_contains "$ERR" "destination has children (eg. $DST/phv/child)"

step "encryption: no receive over an encrypted placeholder, none of a raw stream over any"
echo passphrase >"$WORK/key"
key=(-o encryption=on -o keyformat=passphrase -o keylocation="file://$WORK/key")
zfs create "${key[@]}" "$DST/enc"
zfs create "${key[@]}" "$SRC/enc"
zfs snapshot "$SRC/enc@1"
over="cannot receive new filesystem stream: zfs receive -F cannot be used to destroy an encrypted filesystem or overwrite an unencrypted one with an encrypted one"
zfs create -o zrepl:placeholder=on "$DST/enc/ph"
zfs send "$SRC/s@3" >"$WORK/full"
expect_exit 1 zfs recv -s -u -F -o zrepl:placeholder=off "$DST/enc/ph" <"$WORK/full"
assert_eq "$over" "$ERR"
zfs create -o encryption=off -o zrepl:placeholder=on "$DST/enc/plain"
zfs recv -s -u -F -o zrepl:placeholder=off "$DST/enc/plain" <"$WORK/full"
assert_prop "$DST/enc/plain" encryption off
zfs recv -s -u "$DST/enc/fresh" <"$WORK/full"
assert_prop "$DST/enc/fresh" encryptionroot "$DST/enc"
zfs create -o zrepl:placeholder=on "$DST/raw"
zfs send -w "$SRC/enc@1" >"$WORK/raw"
expect_exit 1 zfs recv -s -u -F -o zrepl:placeholder=off "$DST/raw" <"$WORK/raw"
assert_eq "$over" "$ERR"
zfs destroy "$DST/raw"
zfs recv -s -u "$DST/raw" <"$WORK/raw"
assert_prop "$DST/raw" keystatus unavailable

step "this library"
assert_no_change zfs list -H -o name "$SRC" "$DST"
if (assert_no_change zfs snapshot "$DST@x") 2>/dev/null; then fail "a change went unseen"; fi
if (assert_eq a b) 2>/dev/null; then fail "assert_eq"; fi
if (expect_exit 1 true) 2>/dev/null; then fail "expect_exit"; fi
