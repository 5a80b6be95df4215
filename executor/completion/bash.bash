# Completion of zrepl's command line in bash. What can come next is asked of zrepl itself.

_zrepl() {
    local words=() word text typed=${COMP_LINE:0:COMP_POINT} i
    COMPREPLY=()

    # bash takes `:` and `=` for words of their own; zrepl gets the words as they were typed.
    typed=${typed#*"${COMP_WORDS[0]}"}
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -eq 0 || $typed == [[:space:]]* ]]; then
            typed=${typed#"${typed%%[![:space:]]*}"}
            words+=("")
        fi
        # What is behind the cursor does not count.
        ((i < COMP_CWORD)) || word=$typed
        words[-1]+=$word
        typed=${typed#"$word"}
    done
    local current=$word
    [[ $current != [:=] ]] || current=
    local before=${words[-1]%"$current"}
    for i in "${!words[@]}"; do
        words[i]=${words[i]//[\"\'\\]/}
        [[ ${words[i]} != "~/"* ]] || words[i]=$HOME/${words[i]:2}
    done

    while IFS=$'\t' read -r word text; do
        case $word in
        :files)
            compopt -o filenames
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(
                compgen -d -- "$current"
                compgen -f -X "!*$text" -- "$current" |
                    while IFS= read -r word; do [[ -d $word ]] || printf '%s\n' "$word"; done
            )
            ;;
        :open) compopt -o nospace ;;
        *) COMPREPLY+=("${word#"$before"}") ;;
        esac
    done < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null)
}

complete -F _zrepl zrepl
