# Completion of zrepl's command line in fish. What can come next is asked of zrepl itself.

function __zrepl_complete
    # Without quotes; nothing is expanded but a `~/` at the begin of a word.
    set -l words (commandline -opc) (commandline -ct | string replace -r '^[\'"]' '')
    set words (string replace -r '^~/' -- "$HOME/" $words)
    for line in ($words[1] complete -- $words[2..] 2>/dev/null)
        set -l parts (string split -m 1 \t -- $line)
        switch $parts[1]
            case ':files'
                __fish_complete_suffix (commandline -ct) "$parts[2]"
            case ':open'
                # fish puts no blank after what ends with a colon.
            case '*'
                echo $line
        end
    end
end

complete -c zrepl -f -a '(__zrepl_complete)'
