# How fast a stream between two local pools is, beside `zfs send | zfs recv`. Only printed.
. "$LAB/lib.sh"

mib=32
zfs create "$SRC/a"
fill "$SRC/a" $((mib * 1024))
zfs snapshot "$SRC/a@1"
push_site a
now() { echo $((${EPOCHREALTIME/./} / 1000)); }
zfs send "$SRC/a@1" | cat >/dev/null # so that both find it in memory
begin=$(now)
zfs send -L -c "$SRC/a@1" | zfs recv -s -u "$DST/bare"
bare=$(($(now) - begin))
zfs destroy -r "$DST/bare"
expect_exit 0 zrepl plan "$SITE"
begin=$(now)
expect_exit 0 zrepl plan "$SITE"
plan=$(($(now) - begin))
begin=$(now)
expect_exit 0 zrepl apply "$SITE"
apply=$(($(now) - begin))
in_step push.copy "$SRC/a" "$DST/a" 1
took=$(grep -o "in [0-9:]*)" <<<"$ERR" | head -n 1)
echo "note: $mib MiB: zfs send | zfs recv $bare ms; zrepl apply $apply ms, $plan ms of them planning (the stream ${took%)}): $(((apply - plan) * 100 / bare)) %"
