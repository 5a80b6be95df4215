# Encrypted datasets travel raw, with their key loaded or not, and the target has no key. What could
# not stay as safe as it was is a conflict.
. "$LAB/lib.sh"

echo passphrase >"$WORK/key"
encrypted=(-o encryption=on -o keyformat=passphrase -o keylocation="file://$WORK/key")
zfs create "${encrypted[@]}" "$SRC/open"
zfs create "$SRC/open/kid"
zfs create "${encrypted[@]}" "$SRC/shut"
zfs create "${encrypted[@]}" "$DST/vault"
zfs create "$SRC/plain"
fill "$SRC/open" 64
fill "$SRC/open/kid" 64
fill "$SRC/shut" 64
zfs snapshot -r "$SRC@1"
zfs unmount "$SRC/shut"
zfs unload-key "$SRC/shut"
zfs unmount "$DST/vault"
zfs unload-key "$DST/vault"
lab_site <<TEXT
push copy {
  from lab
  to lab
  map { $SRC/open< -> $DST/copy/open; $SRC/shut -> $DST/vault/sites/shut }
}
TEXT
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/open" "$DST/copy/open" 1
in_step push.copy "$SRC/open/kid" "$DST/copy/open/kid" 1
in_step push.copy "$SRC/shut" "$DST/vault/sites/shut" 1
for ds in copy/open vault/sites/shut; do
    assert_prop "$DST/$ds" keystatus unavailable
    assert_prop "$DST/$ds" encryptionroot "$DST/$ds"
    assert_prop "$DST/$ds" mounted no
done
assert_prop "$DST/vault/sites" zrepl:placeholder on local
assert_prop "$DST/vault/sites" encryption off
assert_prop "$SRC/shut" keystatus unavailable
at_rest

step "incrementally, and it can be read with the key"
fill "$SRC/open" 64 more
zfs snapshot "$SRC/open@2" "$SRC/shut@2"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$SRC/open" "$DST/copy/open" 1 2
in_step push.copy "$SRC/shut" "$DST/vault/sites/shut" 1 2
at_rest
zfs load-key -L "file://$WORK/key" "$DST/copy/open"
assert_same_content "$SRC/open@2" "$DST/copy/open@2"
zfs unload-key "$DST/copy/open"

step "a cut raw stream goes on"
fill "$SRC/open" 2048 big
zfs snapshot "$SRC/open@3"
arm cut 1000000
expect_exit 7 apply_once "$SITE"
assert_token "$DST/copy/open"
: >"$ZFS_LOG"
expect_exit 0 zrepl apply "$SITE"
assert_contains "$(grep '^send' "$ZFS_LOG")" "send -t 1-"
in_step push.copy "$SRC/open" "$DST/copy/open" 1 2 3
at_rest

step "conflicts: raw off, and plain below an encrypted parent"
lab_site off <<TEXT
push copy {
  from lab
  to lab
  map { $SRC/open -> $DST/clear; $SRC/plain -> $DST/vault/plain }
  send { raw off }
}
TEXT
before=$(state "$SRC/open" "$SRC/plain" "$DST/vault")
expect_exit 4 zrepl plan "$SITE" --detailed-exitcode
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/clear encryption (push.copy): lab:$SRC/open is encrypted"
assert_contains "$(tr -s " " <<<"$OUT")" "$DST/vault/plain encryption (push.copy): lab:$SRC/plain is not encrypted"
assert_missing "$DST/clear"
assert_missing "$DST/vault/plain"
assert_eq "$before" "$(state "$SRC/open" "$SRC/plain" "$DST/vault")" "what a plan does"
