#compdef zrepl
# Completion of zrepl's command line in zsh. What can come next is asked of zrepl itself.

_zrepl() {
    local line word text ending
    local -a proposals open
    integer files=0

    for line in "${(@f)$("${words[1]}" complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
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
    (( files )) && { [[ -n $ending ]] && _files -g "*$ending" || _files }
}

# Found in $fpath it is what completes; sourced it has to be registered.
if [[ $funcstack[1] == _zrepl ]]; then
    _zrepl "$@"
else
    compdef _zrepl zrepl
fi
