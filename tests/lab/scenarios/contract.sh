# The contract tests of tests/executor, on real ZFS.
# needs: tests
# limit: 900
. "$LAB/lib.sh"

export ZREPL_CONTRACT_ZFS=real ZREPL_CONTRACT_POOLS="$SRC $DST"
zrepl_executor_tests -tc='real *' -s=false | tail -n 200
