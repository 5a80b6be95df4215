#compdef zrepl
# Completion of zrepl's command line in zsh. What can come next is asked of zrepl itself.

_zrepl() {
    local line word text ending
    local -a typed proposals open
    integer files=0

    # Without quotes; nothing is expanded but a `~/` at the begin of a word.
    typed=("${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}")
    typed=("${(@)typed/#\~\//$HOME/}")
    for line in "${(@f)$("${typed[1]}" complete -- "${(@)typed[2,-1]}" 2>/dev/null)}"; do
        word=${line%%$'\t'*}
        text=${line#*$'\t'}
        case $word in
            '') ;;
            :files) files=1 ending=$text ;;
            :open) open=(-S '') ;;
            *) proposals+=("${word//:/\\:}${text:+:$text}") ;;
        esac
    done
    (( $#proposals )) && _describe -t words 'zrepl' proposals "${open[@]}"
    (( files )) || return
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    [[ -n $ending ]] && _files -g "*$ending" || _files
}

# Found in $fpath it is what completes; sourced it has to be registered.
if [[ $funcstack[1] == _zrepl ]]; then
    _zrepl "$@"
else
    compdef _zrepl zrepl
fi
