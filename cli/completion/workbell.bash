# Completion of workbell for bash: source <(workbell completion bash), or put this
# file into /usr/share/bash-completion/completions/workbell.
_workbell() {
    local IFS=$'\n' word line=${COMP_LINE:0:COMP_POINT}
    COMPREPLY=($(workbell complete -- "$line" | cut -f1))
    # What stands before a = or : is a word of its own to bash: give the rest alone.
    word=${line##*[[:space:]]}
    if [[ $word == *[=:]* && $COMP_WORDBREAKS == *[=:]* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*[=:]}"}"}")
    fi
}
complete -o bashdefault -o default -F _workbell workbell
