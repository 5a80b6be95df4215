# Completion of zrepl's command line in bash. What can come next is asked of zrepl itself.

# Sets `word` to what the typed $1 stands for: without its quotes and backslashes. Nothing is expanded
# but a `~/` at its begin.
_zrepl_unquote() {
    local typed=$1 state= c i
    word=
    for ((i = 0; i < ${#typed}; i++)); do
        c=${typed:i:1}
        case $state$c in
        "'" | '"') state=$c ;;
        "''" | '""') state= ;;
        "\\" | '"\') ((++i)) && word+=${typed:i:1} ;;
        *) word+=$c ;;
        esac
    done
    [[ $typed != "~/"* ]] || word=$HOME/${word:2}
}

_zrepl() {
    local words=() word text typed=${COMP_LINE:0:COMP_POINT} zrepl i
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
    # What bash replaces is the end of the word, behind the last of its own separators.
    local current=$word
    [[ $current != [:=] ]] || current=
    local before=${words[-1]%"$current"}
    for i in "${!words[@]}"; do
        _zrepl_unquote "${words[i]}"
        words[i]=$word
    done
    _zrepl_unquote "${COMP_WORDS[0]}"
    # An alias stands for the zrepl that would be found.
    zrepl=$(type -P -- "$word") || zrepl=zrepl

    local path=${words[-1]}
    [[ $path != --*=* ]] || path=${path#*=}
    _zrepl_unquote "$before"
    before=$word
    local path_before=$before
    [[ $before != --*=* ]] || path_before=${before#*=}
    while IFS=$'\t' read -r word text; do
        case $word in
        :files)
            compopt -o filenames
            while IFS= read -r word; do
                COMPREPLY+=("${word#"$path_before"}")
            done < <(
                compgen -d -- "$path"
                compgen -f -X "!*$text" -- "$path" |
                    while IFS= read -r word; do [[ -d $word ]] || printf '%s\n' "$word"; done
            )
            ;;
        :open) compopt -o nospace ;;
        *) COMPREPLY+=("${word#"$before"}") ;;
        esac
    done < <("$zrepl" complete -- "${words[@]}" 2>/dev/null)
}

complete -F _zrepl zrepl
