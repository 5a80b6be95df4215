# The contract tests of tests/executor, on real ZFS.
# needs: tests
# limit: 3600
# pools: none
. "$LAB/lib.sh"

POOL_SIZE=1G # every case leaves what it made
fresh_pools
export ZREPL_CONTRACT_ZFS=real ZREPL_CONTRACT_POOLS="$SRC $DST"
for part in changes streams resumes; do
    begin=$SECONDS
    zrepl_executor_tests -tc="real ZFS $part *" -s=false
    echo "note: $part in $((SECONDS - begin)) s"
done
