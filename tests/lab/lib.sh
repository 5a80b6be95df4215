# shellcheck shell=bash
# What scenarios have at hand in the guest; every scenario starts with
#   . "$LAB/lib.sh"
# From the guest: $SRC and $DST (pool names), $WORK (an empty folder in memory,
# also the working directory), $LAB (the share), and zrepl on PATH when the
# runner was given a binary.
set -euo pipefail

# ---- failing -----------------------------------------------------------------

fail() {
    local i
    echo "ASSERTION: $*" >&2
    for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
        [ "${BASH_SOURCE[i]}" = "${BASH_SOURCE[0]}" ] ||
            echo "    at ${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]}" >&2
    done
    exit 1
}

# A plain command that fails ends the scenario too, and must say where.
trap 'echo "FAILED (exit $?): $BASH_COMMAND at ${BASH_SOURCE[0]##*/}:$LINENO" >&2' ERR
set -o errtrace

step() { echo "--- $*"; }

# ---- pools, datasets, data -----------------------------------------------------

make_pool() { # NAME [zpool create arguments…]; $POOL_SIZE
    local pool=$1
    shift
    truncate -s "${POOL_SIZE:-256M}" "$WORK/$pool.img"
    zpool create -f -O compression=off -O atime=off -m "$WORK/mnt/$pool" "$@" "$pool" "$WORK/$pool.img"
}

fresh_pools() {
    make_pool "$SRC"
    make_pool "$DST"
}

fill() { # FILESYSTEM KIB [FILE]: random data, so that it has its size in a stream
    local at=$WORK/mnt/$1
    mountpoint -q "$at" || at=$(zfs get -Hp -o value mountpoint "$1")
    head -c "$(($2 * 1024))" /dev/urandom >"$at/${3:-data}"
}

zvol() { # VOLUME: its device, once udev has made it
    local i
    for ((i = 0; i < 100; i++)); do
        [ -e "/dev/zvol/$1" ] && break
        sleep 0.1
    done
    [ -e "/dev/zvol/$1" ] || fail "no device for the volume $1"
    echo "/dev/zvol/$1"
}

fill_volume() { # VOLUME KIB
    head -c "$(($2 * 1024))" /dev/urandom | dd of="$(zvol "$1")" bs=64k conv=fsync status=none
}

# send_cut BYTES "send arguments" receive arguments…: a transfer cut off after
# BYTES; the receiver's failure is the purpose.
send_cut() {
    local bytes=$1 args=$2 part=$WORK/part.$RANDOM
    shift 2
    # shellcheck disable=SC2086
    { zfs send $args 2>/dev/null || true; } | head -c "$bytes" >"$part"
    zfs recv "$@" <"$part" && fail "a stream of $bytes bytes was whole"
    rm -f "$part"
}

# ---- asking ---------------------------------------------------------------------

guid() { zfs get -Hp -o value guid "$1"; }
prop() { zfs get -Hp -o value "$2" "$1"; }      # DATASET PROPERTY
source_of() { zfs get -Hp -o source "$2" "$1"; } # DATASET PROPERTY
token() { prop "$1" receive_resume_token; }
exists() { zfs list -H -t all -o name "$1" >/dev/null 2>&1; }

snapshots() { # DATASET: short names, oldest first
    zfs list -Hp -d 1 -t snapshot -o name -s createtxg "$1" | sed 's/^[^@]*@//'
}
bookmarks() { zfs list -Hp -d 1 -t bookmark -o name -s createtxg "$1" | sed 's/^[^#]*#//'; }
holds() { zfs holds -H "$1" | awk -F '\t' '{ print $2 }' | sort; } # SNAPSHOT: tags

# Everything replication could change, as text that compares: names, guids,
# origins, tokens, mounts, every property set or received, holds with their times.
state() { # DATASET…
    local table held=()
    table=$(zfs list -Hp -r -t all -s name -s createtxg \
        -o name,type,guid,createtxg,userrefs,origin,receive_resume_token,mounted "$@")
    printf '%s\n' "$table"
    zfs get -Hp -r -t filesystem,volume,snapshot -s local,received \
        -o name,property,value,source,received all "$@" | sort
    mapfile -t held < <(awk -F '\t' '$2 == "snapshot" && $5 > 0 { print $1 }' <<<"$table")
    [ ${#held[@]} -eq 0 ] || zfs holds -H "${held[@]}" | sort
}

# What has ever been done to both pools, and what is mounted. ZFS notes down each change
# itself, so this sees more than state() of both pools does, one that was undone too, and
# costs two processes however much there is.
deeds() {
    zpool sync # a command is noted down a little after it was done
    zpool history -i "$SRC" "$DST"
    grep -F ' zfs ' /proc/mounts || true
}

# The same content below any name: a sum over a snapshot's files, owners and modes.
content() { # SNAPSHOT
    local at=$WORK/content.$RANDOM
    mkdir -p "$at"
    mount -t zfs -o ro "$1" "$at"
    (cd "$at" && { find . -printf '%P %y %m %U %G %l\n' | sort && find . -type f -print0 |
        sort -z | xargs -0r sha256sum; }) | sha256sum
    umount "$at"
}

# ---- asserting --------------------------------------------------------------------

assert_eq() { # EXPECTED ACTUAL [WHAT]
    [ "$1" = "$2" ] && return
    echo "expected: $1" >&2
    echo "actual:   $2" >&2
    [[ $1$2 != *$'\n'* ]] || diff <(echo "$1") <(echo "$2") >&2 || true
    fail "${3:-not equal}"
}

assert_contains() { # TEXT PART [WHAT]
    [[ $1 == *"$2"* ]] && return
    printf 'text: %s\n' "$1" >&2
    fail "${3:-the text does not hold} '$2'"
}

assert_not_contains() { # TEXT PART [WHAT]
    [[ $1 != *"$2"* ]] && return
    printf 'text: %s\n' "$1" >&2
    fail "${3:-the text holds} '$2'"
}

# Runs a command and requires its exit status; $OUT and $ERR hold what it said.
expect_exit() { # STATUS COMMAND…
    local want=$1 got=0
    shift
    "$@" >"$WORK/.out" 2>"$WORK/.err" || got=$?
    OUT=$(<"$WORK/.out")
    ERR=$(<"$WORK/.err")
    echo "+ $*"
    [ -z "$OUT" ] || printf '%s\n' "$OUT" | head -n 200
    [ -z "$ERR" ] || printf '%s\n' "$ERR" | head -n 200 | sed 's/^/! /'
    [ "$want" = "$got" ] || fail "exit $got and not $want: $*"
}

assert_snapshots() { # DATASET SNAPSHOT… : exactly these, in this order
    local ds=$1
    shift
    assert_eq "$*" "$(snapshots "$ds" | paste -sd' ')" "snapshots of $ds"
}

assert_bookmarks() { # DATASET BOOKMARK… : exactly these, in this order
    local ds=$1
    shift
    assert_eq "$*" "$(bookmarks "$ds" | paste -sd' ')" "bookmarks of $ds"
}

assert_bookmark() { # DATASET#BOOKMARK [SNAPSHOT]: is there, and is that snapshot's
    if [ $# -lt 2 ]; then
        exists "$1" || fail "no bookmark $1"
    else
        assert_same_guid "$1" "$2"
    fi
}

assert_exists() { exists "$1" || fail "$1 does not exist"; }
assert_missing() { ! exists "$1" || fail "$1 exists"; }
assert_same_guid() { # VERSION VERSION
    local guids=()
    mapfile -t guids < <(zfs get -Hp -o value guid "$1" "$2")
    assert_eq 2 "${#guids[@]}" "how many of $1 and $2 there are"
    assert_eq "${guids[0]}" "${guids[1]}" "guids of $1 and $2"
}
assert_same_content() { assert_eq "$(content "$1")" "$(content "$2")" "content of $1 and $2"; }

assert_holds() { # SNAPSHOT TAG… : exactly these
    local snap=$1
    shift
    assert_eq "$(printf '%s\n' "$@" | sort | paste -sd' ')" "$(holds "$snap" | paste -sd' ')" "holds of $snap"
}
assert_hold() { holds "$1" | grep -qxF -- "$2" || fail "$1 is not held by $2"; }      # SNAPSHOT TAG
assert_no_hold() { ! holds "$1" | grep -qxF -- "$2" || fail "$1 is held by $2"; } # SNAPSHOT TAG

assert_prop() { # DATASET PROPERTY VALUE [SOURCE]
    assert_eq "$3${4:+$'\t'$4}" "$(zfs get -Hp -o "value${4:+,source}" "$2" "$1")" "$2 of $1"
}

assert_token() { [ "$(token "$1")" != - ] || fail "$1 has no resume token"; }
assert_no_token() { assert_eq - "$(token "$1")" "resume token of $1"; }

# The command may succeed or fail, but does nothing to either pool.
assert_no_change() { # COMMAND…
    local before after
    before=$(deeds)
    LAST=0
    "$@" || LAST=$?
    after=$(deeds)
    assert_eq "$before" "$after" "something changed (exit $LAST): $*"
}

# ---- zrepl ------------------------------------------------------------------------

# write_site [NAME] <<TEXT: a site file; its path is then in $SITE.
write_site() {
    SITE=$WORK/${1:-site}.zr
    cat >"$SITE"
}

# lab_site [NAME] <<TEXT: the same with a head: the site `lab` and this machine as
# its host `lab`, on which zfs is run by way of watch_zfs and state is in $WORK/state.
# With `run --ssh` it is reached by way of an sshd on loopback.
lab_site() {
    [ -e "$WORK/bin/zfs" ] || watch_zfs
    [ -z "${LAB_SSH:-}" ] || [ -e "$WORK/ssh" ] || start_sshd
    write_site "$@" < <(
        echo "site lab"
        if [ -n "${LAB_SSH:-}" ]; then
            cat <<TEXT
host lab {
  transport ssh { $(ssh_statements) }
  zfs ["$WORK/bin/zfs"]
}
host controller {
  transport local
  state "$WORK/state"
}
TEXT
        else
            cat <<TEXT
host lab {
  transport local
  zfs ["$WORK/bin/zfs"]
  state "$WORK/state"
}
TEXT
        fi
        cat
    )
}

# How a site file reaches the sshd of start_sshd.
ssh_statements() {
    echo "address \"127.0.0.1\"; port ${SSH_PORT:-2222}; user \"root\"; identity_file \"$WORK/ssh/id\"; known_hosts \"$WORK/ssh/known_hosts\"; connect_timeout 60s"
}

# Makes $WORK/bin/zfs: it writes what it is asked into $ZFS_LOG, runs zfs, and does
# to it, or to the zrepl that runs it, what arm said; see there.
watch_zfs() {
    # Who runs it; behind an sshd that is not its parent.
    local signal='kill "$1" "$parent"'
    [ -z "${LAB_SSH:-}" ] || signal='pkill "$1" -x zrepl'
    ZFS_LOG=$WORK/zfs.log
    mkdir -p "$WORK/bin"
    cat >"$WORK/bin/zfs" <<TEXT
#!/bin/sh
printf '%s\n' "\$*" >>'$ZFS_LOG'
parent=\$PPID
signal_zrepl() { $signal; }
case \$1 in
create | snapshot | receive | bookmark | hold | release | rollback | rename | destroy) ;;
*) exec zfs "\$@" ;;
esac
fault='' n=0
[ ! -e '$WORK/armed' ] || read -r fault n <'$WORK/armed'
case \$fault:\$1 in
:*) exec zfs "\$@" ;;
cut:receive)
    rm '$WORK/armed'
    head -c "\$n" | zfs "\$@"
    ;;
TERM:receive)
    rm '$WORK/armed'
    { head -c "\$n"; signal_zrepl -TERM; cat; } | zfs "\$@"
    ;;
KILL:receive)
    # What is in the pipe by then may be all the rest of the stream: none of it may arrive.
    rm '$WORK/armed'
    { head -c "\$n"; signal_zrepl -KILL; } | zfs "\$@"
    ;;
hook:receive)
    rm '$WORK/armed'
    . '$WORK/hook'
    exec zfs "\$@"
    ;;
wait:receive)
    { touch '$WORK/waiting'; while [ -e '$WORK/armed' ]; do sleep 0.1; done; cat; } | zfs "\$@"
    ;;
after:*)
    # One at a time, and none after the last: where it was killed is then exact.
    exec 9>>'$WORK/count'
    flock 9
    [ "\$(wc -l <'$WORK/count')" -lt "\$n" ] || exit 1
    zfs "\$@" 9>&-
    status=\$?
    echo >&9
    [ "\$(wc -l <'$WORK/count')" -lt "\$n" ] || signal_zrepl -KILL
    exit "\$status"
    ;;
*) exec zfs "\$@" ;;
esac
TEXT
    chmod 755 "$WORK/bin/zfs"
    : >"$ZFS_LOG"
}

# arm FAULT N: what the zfs of watch_zfs is to do next.
#   cut N        the next receive gets N bytes and no more
#   TERM, KILL N the next receive sends zrepl that signal after N bytes
#   after N      zrepl is killed (-9) once the Nth command that changes something was done
#   hook 0       $WORK/hook, commands of the scenario, is run before the next receive
#   wait 0       receives wait until disarm; $WORK/waiting is there once one does
arm() {
    rm -f "$WORK/count" "$WORK/waiting"
    echo "$1 $2" >"$WORK/armed"
}
disarm() { rm -f "$WORK/armed" "$WORK/count"; }

# Nothing that zrepl started is left, and nothing holds the site's lock.
assert_no_processes() {
    local i
    for ((i = 0; i < 100; i++)); do
        pgrep -x 'zfs|zrepl' >/dev/null || break
        sleep 0.1
    done
    ! pgrep -ax 'zfs|zrepl' || fail "a process is left"
    [ ! -e "$WORK/state/lab.lock" ] || flock -n "$WORK/state/lab.lock" true || fail "the lock is held"
}

cursor() { printf 'zrepl:lab:%s:%016x' "$1" "$(guid "$2")"; } # JOB SNAPSHOT: its bookmark's name

# in_step JOB SOURCE TARGET SNAPSHOT…: the target has exactly these snapshots; each that the
# source still has is the same one. The last has left JOB's marks, and only it: a
# cursor, the only bookmark of JOB, and a hold, the only one on the target. No token.
in_step() {
    local job=$1 src=$2 dst=$3 table name value refs token="" last="" newest="" names=() held=()
    local -A guids=()
    shift 3
    table=$(zfs list -Hp -d 1 -t all -s createtxg -o name,guid,userrefs,receive_resume_token \
        "$src" "$dst")
    while IFS=$'\t' read -r name value refs token; do
        case $name in
        "$dst") assert_eq - "$token" "resume token of $dst" ;;
        "$src"[@#]*) guids[$name]=$value ;;
        "$dst@"*)
            names+=("${name#*@}") last=$value newest=$name
            [ "$refs" = 0 ] || held+=("$name")
            ;;
        esac
    done <<<"$table"
    assert_eq "$(printf '%s|' "$@")" "$(printf '%s|' "${names[@]}")" "snapshots of $dst"
    while IFS=$'\t' read -r name value _; do
        [[ $name == "$dst@"* && -n ${guids[$src@${name#*@}]:-} ]] || continue
        assert_eq "${guids[$src@${name#*@}]}" "$value" "guid of $name"
    done <<<"$table"
    assert_eq "$(printf '%s#zrepl:lab:%s:%016x' "$src" "$job" "$last")" \
        "$(cut -f1 <<<"$table" | grep -F "$src#zrepl:lab:$job:" | paste -sd'|' || true)" "cursor of $job"
    assert_eq "$last" "${guids[$(printf '%s#zrepl:lab:%s:%016x' "$src" "$job" "$last")]}" "guid of the cursor"
    assert_eq "$newest" "${held[*]}" "what is held on $dst"
    assert_holds "$newest" "zrepl:lab:$job"
}

# What an apply leaves is at rest: another one has nothing to do and changes nothing.
at_rest() { # [SITE]
    assert_no_change expect_exit 0 zrepl apply "${1:-$SITE}"
    assert_contains "$OUT" "Nothing to do"
}

# apply_once SITE: a plan that is made and carried out once; `apply SITE` would plan again after what
# went wrong.
apply_once() {
    zrepl plan "$1" --out "$WORK/once.plan" >/dev/null
    zrepl apply "$WORK/once.plan" --site "$1"
}

# copy_site NAME STATEMENT [TARGET]: the site whose push.copy sends all that is below $SRC to below
# TARGET ($DST/c), with that statement.
copy_site() {
    lab_site "$1" <<TEXT
push copy {
  from lab
  to lab
  map { $SRC< -> ${3:-$DST/c}; $SRC -> omit }
  $2
}
TEXT
}

# push_site DATASET…: the site whose push.copy sends $SRC/DATASET to $DST/DATASET.
push_site() {
    local ds map=""
    for ds in "$@"; do map+="${map:+; }$SRC/$ds -> $DST/$ds"; done
    lab_site <<TEXT
push copy {
  from lab
  to lab
  map { $map }
}
TEXT
}

# An sshd on loopback that lets root in with $SSH_KEY; $SSH_PORT, $SSH_KNOWN and
# $SSH_CONFIG say the rest. One per scenario, ended with it.
start_sshd() {
    local dir=$WORK/ssh i
    SSH_KEY=$dir/id SSH_PORT=${1:-2222} SSH_KNOWN=$dir/known_hosts SSH_CONFIG=$dir/config
    mkdir -p "$dir" /run/sshd
    chmod 700 "$dir"
    ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
    ssh-keygen -q -t ed25519 -N '' -f "$SSH_KEY"
    cp "$SSH_KEY.pub" "$dir/authorized"
    {
        printf '[127.0.0.1]:%s ' "$SSH_PORT" && cat "$dir/host.pub"
        printf '[localhost]:%s ' "$SSH_PORT" && cat "$dir/host.pub"
    } >"$SSH_KNOWN"
    cat >"$dir/sshd_config" <<TEXT
Port $SSH_PORT
ListenAddress 127.0.0.1
HostKey $dir/host
PidFile $dir/pid
AuthorizedKeysFile $dir/authorized
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
MaxSessions 64
MaxStartups 100
SetEnv PATH=$PATH
TEXT
    cat >"$SSH_CONFIG" <<TEXT
Host *
    Port $SSH_PORT
    User root
    IdentityFile $SSH_KEY
    UserKnownHostsFile $SSH_KNOWN
    BatchMode yes
TEXT
    /usr/sbin/sshd -f "$dir/sshd_config" -E "$dir/log"
    for ((i = 0; i < 50; i++)); do
        [ -s "$dir/pid" ] && return
        sleep 0.1
    done
    fail "sshd did not start: $(cat "$dir/log")"
}

# ---- begin ------------------------------------------------------------------------

# "# pools: none" in a scenario's head leaves the making of pools to it.
if [ "${0##*/}" != bash ] && ! grep -q '^# pools: none' "$0"; then
    fresh_pools
fi

# Carries out the lines of `zrepl allow` in $WORK/lines, one permission of one of them only as SCOPE
# (-l, -d) says, or with "" not at all.
allow_less() { # LINE PERMISSION SCOPE
    local line=$1 permission=$2 scope=$3 perms rest printed
    perms=$(sed -E 's/.* -u zrepl ([^ ]*) .*/\1/' <<<"$line")
    rest=$(sed -E "s/(^|,)$permission(,|\$)/,/; s/^,//; s/,\$//" <<<"$perms")
    while IFS= read -r printed; do
        if [ "$printed" != "$line" ]; then
            echo "$printed"
        else
            [ -z "$rest" ] || echo "${line/ $perms / $rest }"
            [ -z "$scope" ] || echo "zfs allow $scope -u zrepl $permission ${line##* }"
        fi
    done <"$WORK/lines" >"$WORK/less"
    ! cmp -s "$WORK/lines" "$WORK/less" || fail "nothing is less: $line"
    bash -e "$WORK/less"
}
# Calls COMMAND LINE PERMISSION SCOPE for each way in which those lines could allow less.
each_permission() { # COMMAND
    local lines line permission
    mapfile -t lines < <(grep ' allow ' "$WORK/lines")
    for line in "${lines[@]}"; do
        for permission in $(sed -E 's/.* -u zrepl ([^ ]*) .*/\1/; s/,/ /g' <<<"$line"); do
            case $line in
            *' -l '* | *' -d '*) "$1" "$line" "$permission" "" ;;
            *)
                "$1" "$line" "$permission" -l
                "$1" "$line" "$permission" -d
                ;;
            esac
        done
    done
}
