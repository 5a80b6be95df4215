# First copies, whole trees with volumes, new children, and what the marks and placeholders are;
# a second apply has nothing to do, and asks for little.
. "$LAB/lib.sh"

zfs create "$SRC/data"
zfs create "$SRC/data/db"
zfs create -V 1M "$SRC/data/vol"
zfs set compression=off "$SRC/data"
zfs set compression=lz4 "$SRC/data/db"
fill "$SRC/data" 64
fill "$SRC/data/db" 64
fill_volume "$SRC/data/vol" 512
zfs snapshot -r "$SRC/data@1"
fill "$SRC/data" 64 more
zfs snapshot -r "$SRC/data@2"
zfs snapshot "$SRC/data/db@3"
lab_site <<TEXT
push newest {
  from lab
  to lab
  map { $SRC/data< -> $DST/sites/nas/data }
}
push whole {
  from lab
  to lab
  map { $SRC/data< -> $DST/whole }
  initial all
}
TEXT

step "plan changes nothing"
assert_no_change expect_exit 0 zrepl plan "$SITE"
assert_contains "$OUT" "6 full streams"
assert_no_change expect_exit 2 zrepl plan "$SITE" --detailed-exitcode
assert_no_change expect_exit 0 zrepl apply "$SITE" --dry-run

step "most_recent brings the newest, all brings everything"
expect_exit 0 zrepl apply "$SITE"
for ds in "" /vol; do
    in_step push.newest "$SRC/data$ds" "$DST/sites/nas/data$ds" 2
    in_step push.whole "$SRC/data$ds" "$DST/whole$ds" 1 2
done
in_step push.newest "$SRC/data/db" "$DST/sites/nas/data/db" 3
in_step push.whole "$SRC/data/db" "$DST/whole/db" 1 2 3
assert_eq 2 "$(bookmarks "$SRC/data" | wc -l)" "number of bookmarks"
assert_eq "" "$(zfs list -H -r -t bookmark -o name "$DST")" "bookmarks on the target"
assert_same_content "$SRC/data@2" "$DST/sites/nas/data@2"
assert_same_content "$SRC/data@1" "$DST/whole@1"
assert_eq volume "$(prop "$DST/whole/vol" type)"
assert_eq "$(sha256sum <"$(zvol "$SRC/data/vol")")" "$(sha256sum <"$(zvol "$DST/whole/vol")")" "content of the volume"

step "blocks travel as they are on disk where they are compressed there"
sends=$(grep '^send ' "$ZFS_LOG")
assert_contains "$sends" "send -L -c $SRC/data/db@3"
assert_contains "$sends" "send -L $SRC/data@2"

step "parents are placeholders, and nothing received is mounted"
for ds in "$DST/sites" "$DST/sites/nas"; do
    assert_eq "$(printf '%s\n' $'canmount\toff\tlocal' $'mountpoint\tnone\tlocal' $'zrepl:placeholder\ton\tlocal')" \
        "$(zfs get -Hp -s local -o property,value,source all "$ds" | sort)" "properties of $ds"
    assert_snapshots "$ds"
done
assert_eq "" "$(zfs get -H -r -t filesystem,volume -s local,received -o name zrepl:placeholder "$DST" |
    grep -vx -e "$DST/sites" -e "$DST/sites/nas" || true)" "other placeholders"
assert_eq "$DST" "$(zfs list -Hr -t filesystem -o name,mounted "$DST" | sed -n 's/\tyes$//p')" "what is mounted"

step "there is nothing more to do, which takes three processes"
at_rest
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE"
[ "$(wc -l <"$ZFS_LOG")" -le 3 ] || fail "asked zfs $(wc -l <"$ZFS_LOG") times: $(cat "$ZFS_LOG")"
echo "note: a no-op apply ran zfs $(wc -l <"$ZFS_LOG") times"

step "a new child comes in; where its parent has nothing to send, that is a placeholder"
zfs create "$SRC/data/late"
zfs create "$SRC/data/late/kid"
fill "$SRC/data/late/kid" 64
zfs snapshot "$SRC/data/late/kid@k"
expect_exit 0 zrepl apply "$SITE"
in_step push.newest "$SRC/data/late/kid" "$DST/sites/nas/data/late/kid" k
in_step push.whole "$SRC/data/late/kid" "$DST/whole/late/kid" k
assert_prop "$DST/whole/late" zrepl:placeholder on local
assert_snapshots "$DST/whole/late"
at_rest

step "the placeholder is received into, and its children stay"
late=$(guid "$DST/whole/late") kid=$(guid "$DST/whole/late/kid@k")
fill "$SRC/data/late" 64
zfs snapshot "$SRC/data/late@l"
expect_exit 0 zrepl apply "$SITE"
in_step push.whole "$SRC/data/late" "$DST/whole/late" l
in_step push.whole "$SRC/data/late/kid" "$DST/whole/late/kid" k
assert_prop "$DST/whole/late" zrepl:placeholder off local
assert_eq "$late $kid" "$(guid "$DST/whole/late") $(guid "$DST/whole/late/kid@k")" "guids"
assert_prop "$DST/whole/late" mounted no
assert_same_content "$SRC/data/late@l" "$DST/whole/late@l"
at_rest
assert_no_processes
