# Completion of workbell for fish: workbell completion fish | source, or put this
# file into ~/.config/fish/completions.
function __workbell_complete
    set -l found (workbell complete -- (commandline -cp))
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (string replace -r '^--[^=]*=' '' -- (commandline -ct))
    end
end
complete -c workbell -f -a '(__workbell_complete)'
