# A user who is not root, allowed exactly what `zrepl allow` prints, does all that there is to do;
# with any one of those permissions taken away, or given only on the dataset or only below it, some
# step of the same fails (with `run --all`). `--verify` sees each of that.
# limit: 3600
. "$LAB/lib.sh"

id zrepl >/dev/null 2>&1 || useradd -M -s /bin/sh zrepl
watch_zfs
mkdir "$WORK/state"
chown zrepl "$WORK" "$WORK/bin" "$WORK/state" "$ZFS_LOG"
as_user() { setpriv --reuid zrepl --regid zrepl --clear-groups env HOME="$WORK" "$@"; }

# Everything that asks for a permission. `gap` becomes a placeholder, `one` is just one dataset.
cycle_site() { # ROOT: below both pools
    lab_site "$1" <<TEXT
autosnap data {
  on lab
  datasets { $SRC/$1/data< -> ok; $SRC/$1/data/gap -> omit; $SRC/$1/one -> ok }
  prefix "auto_"
  every 1h
}
push copy {
  from lab
  to lab
  map {
    $SRC/$1/data< -> $DST/$1/copy
    $SRC/$1/data/gap -> omit
    $SRC/$1/one -> $DST/$1/one
  }
  snapshots { prefix "auto_" }
  on_diverged rollback
  receive { set readonly "on"; exclude exec }
}
prune data {
  on lab
  datasets { $SRC/$1/data< -> ok }
  snapshots { prefix "auto_" }
  keep last 1
}
TEXT
}

# What the site's user is to be allowed, and the datasets that this takes.
printed() { zrepl allow "$SITE" --user zrepl | sed '/^#/d'; }

# The sources, and all of their targets that have to be there.
begin() { # ROOT
    cycle_site "$1"
    zfs create -p "$SRC/$1/data/gap/kid"
    zfs create "$SRC/$1/one"
    printed >"$WORK/lines"
}

# What a person, or another program, does in between: snapshots, targets that diverge, streams that
# were cut and are not wanted any more.
meanwhile() { # ROOT
    local pair base
    for pair in data data/gap/kid one; do fill "$SRC/$1/$pair" 200; done
    zfs snapshot -r "$SRC/$1@auto_y"
    zfs snapshot -r "$SRC/$1@auto_z"
    zfs snapshot -r "$SRC/$1@odd"
    base=$(snapshots "$SRC/$1/data" | head -n 1)
    for pair in data:copy data/gap/kid:copy/gap/kid one:one; do
        send_cut 120000 "-i @$base $SRC/$1/${pair%:*}@odd" -s -u "$DST/$1/${pair#*:}"
    done
    zfs snapshot -r "$DST/$1@own"
    for pair in copy copy/gap/kid one; do zfs bookmark "$DST/$1/$pair@own" "$DST/$1/$pair#own"; done
}

# The number of the first apply of two that fails, or 0.
first_failure() { # ROOT
    local n
    for n in 1 2; do
        if ! as_user zrepl apply "$SITE" >"$WORK/.out" 2>"$WORK/.err"; then
            echo "$n"
            return
        fi
        [ "$n" = 2 ] || meanwhile "$1" >/dev/null 2>&1
    done
    echo 0
}

step "exactly what is printed is enough"
begin full
cat "$WORK/lines"
bash -e "$WORK/lines"
expect_exit 0 as_user zrepl apply "$SITE"
meanwhile full
expect_exit 0 as_user zrepl apply "$SITE"
in_step push.copy "$SRC/full/data" "$DST/full/copy" "$(snapshots "$DST/full/copy" | head -n 1)" auto_y auto_z
at_rest
step "cut, and resumed"
fill "$SRC/full/one" 2048
zfs snapshot "$SRC/full/one@auto_zz"
arm cut 600000
: >"$ZFS_LOG"
expect_exit 0 as_user zrepl apply "$SITE"
assert_contains "$ERR" "planning again"
assert_contains "$(grep '^send' "$ZFS_LOG")" "send -t 1-"

step "looking sees that nothing is missing, and nothing more"
expect_exit 0 as_user zrepl allow "$SITE" --verify
expect_exit 0 zrepl allow "$SITE" --verify --user zrepl
zfs unallow -u zrepl hold "$SRC/full/data"
expect_exit 1 zrepl allow "$SITE" --verify --user zrepl
assert_contains "$OUT" "allow -u zrepl hold $SRC/full/data"
bash -e <<<"$OUT"
expect_exit 0 zrepl allow "$SITE" --verify --user zrepl
zfs allow -u zrepl rename,hold "$SRC"
zfs allow -d -u zrepl rollback "$SRC/full/one"
expect_exit 4 zrepl allow "$SITE" --verify --user zrepl
bash -e <<<"$OUT"
expect_exit 0 zrepl allow "$SITE" --verify --user zrepl
assert_eq "" "$(zfs allow "$SRC")" "what is allowed on $SRC"

step "the first copy of an encrypted dataset: its parent has the permissions until then"
head -c 32 /dev/urandom >"$WORK/key"
zfs create -o encryption=on -o keyformat=raw -o keylocation="file://$WORK/key" "$SRC/secret"
zfs snapshot "$SRC/secret@1"
lab_site secret <<TEXT
push secret {
  from lab
  to lab
  map { $SRC/secret -> $DST/safe/secret }
}
TEXT
printed | grep -v "create -p .* $DST/safe/secret\$" |
    sed -E "/ allow /s, allow (-[ld] )?(.*) $DST/safe/secret\$, allow -d \2 $DST/safe," >"$WORK/lines"
echo "zfs allow -l -u zrepl create,mount,receive $DST/safe" >>"$WORK/lines"
cat "$WORK/lines"
bash -e "$WORK/lines"
expect_exit 0 zrepl allow "$SITE" --verify --user zrepl
expect_exit 0 as_user zrepl apply "$SITE"
in_step push.secret "$SRC/secret" "$DST/safe/secret" 1
step "and now it can be given less"
expect_exit 4 zrepl allow "$SITE" --verify --user zrepl
bash -e <<<"$OUT"
expect_exit 0 zrepl allow "$SITE" --verify --user zrepl
zfs snapshot "$SRC/secret@2"
expect_exit 0 as_user zrepl apply "$SITE"
in_step push.secret "$SRC/secret" "$DST/safe/secret" 1 2

# Some forty ways, a minute each.
[ -e "$LAB/all" ] || exit 0

# Runs both applies with one permission less than printed, and wants one of them to fail for that.
count=0
without() { # LINE PERMISSION SCOPE: of the line's permissions, this one only as SCOPE says; "": not at all
    local line=$1 permission=$2 scope=$3 root=c$count n
    begin "$root"
    line=${line//\/ROOT\//\/$root\/}
    allow_less "$line" "$permission" "$scope"
    n=$(first_failure "$root")
    [ "$n" != 0 ] || fail "not needed: $permission ${scope:+(more than $scope) }in $line"
    grep -qiE 'permission denied' "$WORK/.out" "$WORK/.err" ||
        { cat "$WORK/.out" "$WORK/.err"; fail "another failure: $permission in $line"; }
    if [ $((count % 8)) = 0 ]; then
        expect_exit 1 zrepl allow "$SITE" --verify --user zrepl
        assert_contains "$OUT" "# missing:"
    fi
    echo "$permission${scope:+, only $scope,} of ${line#*allow }: apply $n fails"
    count=$((count + 1))
}

step "and no less is"
cycle_site ROOT
printed >"$WORK/lines"
each_permission without
echo "note: $count ways to be allowed less, and each of them fails"
