package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// onPath puts this program as workbell before all others, for a shell to find.
func onPath(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(os.Args[0], filepath.Join(dir, "workbell")); err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), actAsWorkbell+"=1", "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir, "TERM=dumb")
}

// asksBash has bash complete a line as it does at a tabulator: its words broken at
// = and :, what may follow the last of them printed.
const asksBash = `source <(workbell completion bash)
COMP_LINE=$1 COMP_POINT=${#1}
_workbell && printf '%s\n' "${COMPREPLY[@]}"`

// asksZsh has an interactive zsh complete a line, run it and go.
const asksZsh = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -U compinit; compinit -u -D; source <(workbell completion zsh); print re\ady'
zpty -r shell out '*ready*'
zpty -w shell "$1"
zpty -w shell 'print don\e'
zpty -r shell out '*done*'
print -r -- "$out"`

// TestCompletion completes command lines in the real shells.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command []string // which asks for what its last argument may become
		line    string
		want    []string // the candidates, or what zsh prints
	}{
		"bash: commands":   {[]string{"bash", "-c", asksBash, "-"}, "workbell se", []string{"serve", "send"}},
		"bash: flags":      {[]string{"bash", "-c", asksBash, "-"}, "workbell serve --log", []string{"--log.level", "--log.format"}},
		"bash: value":      {[]string{"bash", "-c", asksBash, "-"}, "workbell serve --log.format ", []string{"logfmt", "json"}},
		"bash: after =":    {[]string{"bash", "-c", asksBash, "-"}, "workbell serve --log.level=w", []string{"warn"}},
		"bash: argument":   {[]string{"bash", "-c", asksBash, "-"}, "workbell completion z", []string{"zsh"}},
		"bash: a quantity": {[]string{"bash", "-c", asksBash, "-"}, "workbell serve --storage.retention ", nil},
		"fish: commands":   {[]string{"fish", "--private", "-c", `workbell completion fish | source; complete -C "$argv[1]" | cut -f1`}, "workbell se", []string{"send", "serve"}},
		"fish: value":      {[]string{"fish", "--private", "-c", `workbell completion fish | source; complete -C "$argv[1]" | cut -f1`}, "workbell serve --log.format=j", []string{"--log.format=json"}},
		"fish: a file":     {[]string{"fish", "--private", "-c", `workbell completion fish | source; complete -C "$argv[1]" | cut -f1`}, "workbell serve --config.file ./rul", []string{"./rules.yaml"}},
		"zsh":              {[]string{"zsh", "-f", "-c", asksZsh, "-"}, "workbell vers\t--outp\tj\t", []string{`{"version":`}},
		"zsh: a file":      {[]string{"zsh", "-f", "-c", asksZsh, "-"}, "workbell check --config.file=./main_te\t", []string{"main_test.go:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), c.command[0], append(c.command[1:], c.line)...)
			cmd.Env = onPath(t)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if c.command[0] == "zsh" {
				if !strings.Contains(string(out), c.want[0]) {
					t.Errorf("no %q in\n%s", c.want[0], out)
				}
				return
			}
			if d := cmp.Diff(c.want, strings.Fields(string(out)), cmp.Transformer("none", func(s []string) string { return strings.Join(s, " ") })); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// overstruck is what a typewriter prints before it strikes again, for bold.
var overstruck = regexp.MustCompile(`.\x08`)

// TestManual has a reader of manual pages find nothing to say about ours, and
// finds every command and flag of the help in it.
func TestManual(t *testing.T) {
	t.Parallel()
	page, _, code := workbell(t, "man")
	if code != 0 {
		t.Fatal(code)
	}
	file := writeFile(t, t.TempDir(), "workbell.1", page)
	out, _ := exec.Command("mandoc", "-T", "lint", "-W", "warning", file).CombinedOutput() // which fails for lack of a date, too
	if said := strings.Split(strings.TrimSpace(string(out)), "\n"); len(said) != 1 || !strings.Contains(said[0], "missing date") {
		t.Errorf("mandoc: %s", out)
	}
	text, err := exec.Command("mandoc", "-T", "ascii", "-O", "width=1000", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	help, _, _ := workbell(t, "serve", "--help")
	for _, flag := range knownFlag.FindAllString(help, -1) {
		if !strings.Contains(overstruck.ReplaceAllString(string(text), ""), flag) && flag != "--help" {
			t.Errorf("the manual lacks %s", flag)
		}
	}
}
