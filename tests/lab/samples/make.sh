# Makes the sample outputs beside this file. It runs as a scenario:
#   tests/lab/run 2.1 --results /tmp/r tests/lab/samples/make.sh
#   cp /tmp/r/samples/* tests/lab/samples/2.1/
. "$LAB/lib.sh"

into=$LAB/results/samples
mkdir -p "$into"

zfs create -o zrepl:placeholder=off "$SRC/data"
fill "$SRC/data" 512 f1
zfs snapshot "$SRC/data@one"
zfs snapshot "$SRC/data@two words"
zfs bookmark "$SRC/data@one" "$SRC/data#mark one"
zfs hold keep "$SRC/data@one"
zfs hold "zrepl:last job:x" "$SRC/data@two words"
zfs hold second "$SRC/data@two words"
zfs create "$SRC/data/with a space"
zfs snapshot "$SRC/data/with a space@s p"
zfs create -V 4M "$SRC/data/vol"
zfs snapshot "$SRC/data/vol@1"
zfs clone "$SRC/data@one" "$SRC/clone a"
zfs clone "$SRC/data@one" "$SRC/clone_b"
echo passphrase >"$WORK/key"
zfs create -o encryption=on -o keyformat=passphrase -o keylocation="file://$WORK/key" "$SRC/secret"
zfs create "$SRC/secret/child"
zfs snapshot -r "$SRC/secret@1"
zfs create -o canmount=off -o zrepl:placeholder=on "$DST/ph"
zfs create "$DST/ph/below"
zfs create -o canmount=off -o zrepl:placeholder=on "$DST/partial"
send_cut 300000 "$SRC/data@one" -s -u -F -o zrepl:placeholder=off "$DST/partial"
send_cut 300000 "$SRC/data@one" -s -u "$DST/partial new"
zfs send "$SRC/data@one" | zfs recv -u "$DST/copy"
fill "$SRC/data" 512 f2
zfs snapshot "$SRC/data@three"
send_cut 300000 "-I @one $SRC/data@three" -s -u "$DST/copy"

run() { # FILE COMMAND…: its output; what it says on stderr and its status go beside it
    local file=$into/$1 rc=0
    shift
    "$@" >"$file" 2>"$file.err" || rc=$?
    [ $rc -eq 0 ] || echo "exit $rc" >>"$file.err"
    [ -s "$file" ] || rm "$file"
    [ -s "$file.err" ] || rm "$file.err"
}

run get.txt zfs get -Hp -r -t filesystem,volume -o name,property,value,source \
    type,guid,createtxg,encryption,encryptionroot,keystatus,mounted,canmount,readonly,origin,receive_resume_token,zrepl:placeholder \
    "$SRC" "$DST" "$SRC/missing"
run get_all.txt zfs get -Hp -o name,property,value,source all "$SRC/data" "$SRC/data/vol" "$DST/partial"
run list.txt zfs list -Hp -r -t snapshot,bookmark \
    -o name,guid,createtxg,creation,userrefs,clones,written "$SRC" "$SRC/missing" "$DST"
run datasets.txt zfs list -Hp -r -t filesystem,volume -o name,type,guid,encryption,receive_resume_token "$SRC" "$DST"
run holds.txt zfs holds -H "$SRC/data@one" "$SRC/data@two words"
run holds_p.txt zfs holds -Hp "$SRC/data@one" "$SRC/data@two words"
run token.txt token "$DST/partial"
run token_decoded.txt zfs send -nvt "$(token "$DST/partial")"
run token_decoded_parsable.txt zfs send -nvPt "$(token "$DST/partial")"
run token_incremental.txt token "$DST/copy"
run token_incremental_decoded.txt zfs send -nvt "$(token "$DST/copy")"
run send_dry.txt zfs send -nvP -I @one "$SRC/data@three"

# Who may do what: all kinds of grants, a user who is gone, a name that leaves no room for dashes.
useradd -M gone
for user in zrepl other; do id "$user" >/dev/null 2>&1 || useradd -M "$user"; done
long="$SRC/data/with a space/$(printf 'long%.0s' {1..20})-"
zfs create -p "$long"
zfs allow -s @backup send,hold "$SRC"
zfs allow -s @all @backup,snapshot "$SRC"
zfs allow -u zrepl @all "$SRC"
zfs allow -c destroy "$SRC"
zfs allow -u zrepl,other,gone snapshot,bookmark "$SRC/data"
zfs allow -l -u zrepl userprop,mountpoint "$SRC/data"
zfs allow -d -u zrepl destroy "$SRC/data"
zfs allow -g other send "$SRC/data"
zfs allow -l -g other hold "$SRC/data"
zfs allow -e mount "$SRC/data"
zfs allow -u zrepl rename "$long"
userdel gone
run allow.txt zfs allow "$long"
run allow_nothing.txt zfs allow "$DST"
run allow_missing.txt zfs allow "$SRC/nope"
