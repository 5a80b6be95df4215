# A user who is not root, allowed exactly what `zrepl allow` prints for a `sink` and a `pull_acl`,
# serves a push and a pull; with any one of those permissions taken away, or given only on the
# dataset or only below it, some step of the same fails (with `run --all`). `--verify` sees it.
# limit: 5400
. "$LAB/lib.sh"

id zrepl >/dev/null 2>&1 || useradd -M -s /bin/sh zrepl
chown zrepl "$WORK"
touch "$WORK/denied"
chown zrepl "$WORK/denied"
nothing_denied() { # of what was served, which is written down as well
    assert_contains "$(cat "$WORK/denied")" "is served"
    assert_not_contains "$(cat "$WORK/denied")" denied
}
as_user() { setpriv --reuid zrepl --regid zrepl --clear-groups env HOME="$WORK" "$@"; }

# A client with datasets of all kinds: a tree with a volume and a hole in it, and just one. What it
# may push lands in $DST/ROOT, which is another machine as far as it knows.
sites() { # ROOT: the site file served there in $SERVED, the client's in $SITE
    SERVED=$WORK/served.$1.zr SITE=$WORK/client.$1.zr
    cat >"$SERVED" <<TEXT
site server
host here { transport local }
sink client {
  on here
  map {
    $SRC/$1/data< -> $DST/$1/copy
    $SRC/$1/one -> $DST/$1/one
  }
  quota 100MiB
  properties compression lab:note
}
pull_acl client {
  on here
  datasets { $DST/$1/home< -> ok }
}
TEXT
    cat >"$SITE" <<TEXT
site client
host here {
  transport local
  state "$WORK/state"
}
host there {
  transport command ["setpriv", "--reuid", "zrepl", "--regid", "zrepl", "--clear-groups", "zrepl", "serve", "$SERVED", "client", "--log", "$WORK/denied"]
  agent on
}
push up {
  from here
  to there
  datasets {
    $SRC/$1/data< -> ok
    $SRC/$1/data/gap -> omit
    $SRC/$1/one -> ok
  }
  snapshots { prefix "auto_" }
  receive { set compression "gzip"; set lab:note "client" }
}
pull down {
  from there
  to here
  map { $DST/$1/home< -> $SRC/pulled-$1 }
  snapshots { prefix "auto_" }
}
TEXT
}

printed() { zrepl allow "$SERVED" --user zrepl | sed '/^#/d'; }

begin() { # ROOT
    sites "$1"
    zfs create -p "$SRC/$1/data/gap/kid"
    zfs create "$SRC/$1/one"
    zfs create -V 4M "$SRC/$1/data/volume"
    zfs create -p "$DST/$1/home/kid"
    zfs snapshot -r "$SRC/$1@auto_1"
    zfs snapshot -r "$DST/$1/home@auto_1"
    printed >"$WORK/lines"
}

# What happens in between: several snapshots, which a pull takes at once, and streams that were cut
# and are not wanted any more, one of them of a dataset that is new.
meanwhile() { # ROOT
    local pair
    for pair in data data/gap/kid one; do fill "$SRC/$1/$pair" 200; done
    zfs snapshot -r "$DST/$1/home@auto_2"
    zfs snapshot -r "$DST/$1/home@auto_3"
    zfs snapshot -r "$SRC/$1@odd"
    for pair in data:copy data/gap/kid:copy/gap/kid one:one; do
        send_cut 120000 "-i @auto_1 $SRC/$1/${pair%:*}@odd" -s -u "$DST/$1/${pair#*:}"
    done
    zfs create "$SRC/$1/data/new"
    fill "$SRC/$1/data/new" 200
    zfs snapshot "$SRC/$1/data/new@odd"
    send_cut 120000 "$SRC/$1/data/new@odd" -s -u "$DST/$1/copy/new"
    zfs snapshot -r "$SRC/$1@auto_2"
}

# The number of the first apply of two that fails, or 0.
first_failure() { # ROOT
    local n
    for n in 1 2; do
        if ! zrepl apply "$SITE" >"$WORK/.out" 2>"$WORK/.err"; then
            echo "$n"
            return
        fi
        [ "$n" = 2 ] || meanwhile "$1" >/dev/null 2>&1
    done
    echo 0
}

landed() { # TARGET SNAPSHOT…: these, the last of them held, and nothing cut
    assert_snapshots "$@"
    assert_no_token "$1"
    assert_holds "$1@${*: -1}" zrepl:client:push.up
}

step "exactly what is printed is enough"
begin full
cat "$WORK/lines"
bash -e "$WORK/lines"
expect_exit 0 zrepl apply "$SITE"
nothing_denied
for target in copy copy/gap/kid copy/volume one; do landed "$DST/full/$target" auto_1; done
for target in copy one; do
    assert_prop "$DST/full/$target" quota 104857600 local
    assert_prop "$DST/full/$target" compression gzip local
    assert_prop "$DST/full/$target" lab:note client local
done
assert_prop "$DST/full/copy/gap" zrepl:placeholder on local
assert_prop "$DST/full/copy/gap/kid" mountpoint none "inherited from $DST/full/copy/gap"
assert_snapshots "$SRC/pulled-full/kid" auto_1
meanwhile full
expect_exit 0 zrepl apply "$SITE"
for target in copy copy/gap/kid copy/volume one; do landed "$DST/full/$target" auto_1 auto_2; done
landed "$DST/full/copy/new" auto_2
assert_snapshots "$SRC/pulled-full/kid" auto_1 auto_2 auto_3
assert_eq 1 "$(bookmarks "$DST/full/home" | wc -l)" "cursors of the pull"
nothing_denied
at_rest

step "looking sees that nothing is missing, and nothing more"
expect_exit 0 as_user zrepl allow "$SERVED" --verify
zfs unallow -u zrepl sharenfs "$DST/full/copy"
zfs unallow -u zrepl send "$DST/full/home"
expect_exit 1 zrepl allow "$SERVED" --verify --user zrepl
assert_contains "$OUT" "allow -u zrepl sharenfs $DST/full/copy"
assert_contains "$OUT" "allow -d -u zrepl send $DST/full/home"
bash -e <<<"$OUT"
zfs allow -u zrepl rollback "$DST/full/copy"
expect_exit 4 zrepl allow "$SERVED" --verify --user zrepl
bash -e <<<"$OUT"
expect_exit 0 zrepl allow "$SERVED" --verify --user zrepl

step "the raw first copy of an encrypted dataset: its parent has the permissions until then"
head -c 32 /dev/urandom >"$WORK/key"
zfs create -p "$SRC/secret"
zfs create -o encryption=on -o keyformat=raw -o keylocation="file://$WORK/key" "$SRC/secret/one"
zfs create "$DST/secret"
sites secret
zfs snapshot "$SRC/secret/one@auto_1"
sed -i "/data< -> /d" "$SERVED"
sed -i "/data< -> /d; /data.gap -> /d; /^pull/,\$d" "$SITE"
sed -i "/^pull_acl/,\$d" "$SERVED"
printed | grep -v "create -p .* $DST/secret/one\$" |
    sed -E "/ allow /s, allow (-[ld] )?(.*) $DST/secret/one\$, allow -d \2 $DST/secret," >"$WORK/lines"
echo "zfs allow -l -u zrepl create,mount,receive $DST/secret" >>"$WORK/lines"
cat "$WORK/lines"
bash -e "$WORK/lines"
expect_exit 0 zrepl allow "$SERVED" --verify --user zrepl
expect_exit 0 zrepl apply "$SITE"
landed "$DST/secret/one" auto_1
assert_prop "$DST/secret/one" quota 104857600 local
step "and now it can be given less"
expect_exit 4 zrepl allow "$SERVED" --verify --user zrepl
bash -e <<<"$OUT"
expect_exit 0 zrepl allow "$SERVED" --verify --user zrepl
zfs snapshot "$SRC/secret/one@auto_2"
expect_exit 0 zrepl apply "$SITE"
landed "$DST/secret/one" auto_1 auto_2
nothing_denied

step "the client's own file needs nothing there"
sites full
expect_exit 0 zrepl allow "$SITE" --verify --user root
assert_contains "$OUT" "its agent goes by the site file there"
assert_not_contains "$OUT" "$DST/full/copy"

# Some seventy ways, a minute each.
[ -e "$LAB/all" ] || exit 0

# Runs both applies with one permission less than printed, and wants one of them to fail for that.
count=0
without() { # LINE PERMISSION SCOPE: of the line's permissions, this one only as SCOPE says; "": not at all
    local line=$1 permission=$2 scope=$3 root=c$count n
    # A placeholder has one of its own; the raw copy of an encrypted dataset, which replaces none, may not.
    [ "$permission" != mountpoint ] || [ "$scope" = -l ] || return 0
    begin "$root"
    line=${line//\/ROOT\//\/$root\/}
    allow_less "$line" "$permission" "$scope"
    n=$(first_failure "$root")
    if [ "$n" = 0 ]; then
        echo "NOT NEEDED: $permission ${scope:+(more than $scope) }in $line" | tee -a "$WORK/not_needed"
    else
        grep -qiE 'permission denied' "$WORK/.out" "$WORK/.err" ||
            { cat "$WORK/.out" "$WORK/.err"; fail "another failure: $permission in $line"; }
        echo "$permission${scope:+, only $scope,} of ${line#*allow }: apply $n fails"
    fi
    zfs destroy -R "$SRC/$root"
    zfs destroy -R "$SRC/pulled-$root" 2>/dev/null || true
    zfs destroy -R "$DST/$root"
    count=$((count + 1))
}

step "and no less is"
sites ROOT
printed >"$WORK/lines"
each_permission without
[ ! -e "$WORK/not_needed" ] || fail "$(cat "$WORK/not_needed")"
echo "note: $count ways to be allowed less, and each of them fails"
