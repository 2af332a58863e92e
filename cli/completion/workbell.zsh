#compdef workbell
# Completion of workbell for zsh: source <(workbell completion zsh), or put this
# file as _workbell into a folder of $fpath.
_workbell() {
    local line words_=()
    for line in "${(@f)$(workbell complete -- "${LBUFFER}")}"; do
        [[ -n $line ]] && words_+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( $#words_ )); then
        _describe -V workbell words_
    else
        compset -P '*='
        _files
    fi
}
if [[ $funcstack[1] == _workbell ]]; then _workbell "$@"; else compdef _workbell workbell; fi
