# Every character that ZFS allows in names reaches it intact, and nothing in a name is interpreted.
. "$LAB/lib.sh"

root="$SRC/ a  b -c_d.e:f"
names=(".two  words " "Z_09:.-" "-o quota:1M")
snaps=("-r" "s p" ".:_-" "zrepl:lab:push.copy:0000000000000001" "AZaz09")
zfs create "$root"
fill "$root" 16
for name in "${names[@]}"; do zfs create "$root/$name"; done
zfs create -V 1M "$root/vol ume"
for snap in "${snaps[@]}"; do
    [ "$snap" != "${snaps[-1]}" ] || sleep 1.1 # one that is not older than the newest would stay
    zfs snapshot -r "$root@$snap"
done
zfs bookmark "$root@s p" "$root#- mark"
lab_site <<TEXT
push copy {
  from lab
  to lab
  map { "$root"< -> "$DST/-to/the site" }
  initial all
}
prune source {
  on lab
  datasets { "$root"< -> ok }
  snapshots any
  keep last 1
}
TEXT
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$root" "$DST/-to/the site" "${snaps[@]}"
in_step push.copy "$root/-o quota:1M" "$DST/-to/the site/-o quota:1M" "${snaps[@]}"
assert_eq "$(zfs list -H -r -o name "$root" | sed "s|^$root||")" \
    "$(zfs list -H -r -o name "$DST/-to/the site" | sed "s|^$DST/-to/the site||")" "names of the datasets"
assert_eq "$(for ds in "" "${names[@]}" "vol ume"; do echo "$root${ds:+/}$ds@AZaz09"; done | sort)" \
    "$(zfs list -H -r -t snapshot -o name "$root" | sort)" "what pruning left"
assert_exists "$root#- mark"
assert_prop "$DST/-to" zrepl:placeholder on local
assert_same_content "$root@AZaz09" "$DST/-to/the site@AZaz09"
at_rest

step "and once more, incrementally"
sleep 1.1
zfs snapshot -r "$root@- last -"
expect_exit 0 zrepl apply "$SITE"
in_step push.copy "$root/.two  words " "$DST/-to/the site/.two  words " "${snaps[@]}" "- last -"
assert_snapshots "$root/.two  words " "- last -"
at_rest
