package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"workbell/docs/doctest"
)

var update = flag.Bool("update", false, "write docs/reference/commands.md anew")

// commandLine is the command line as Run reads it, without what runs.
func commandLine(t *testing.T) *kong.Kong {
	t.Helper()
	k, err := kong.New(&commands{}, kong.Name("workbell"), kong.DefaultEnvars("WORKBELL"), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const commandsHead = `# Commands

<!-- from the command line's own model, by make reference -->

Every flag is also an environment variable. Exit codes: 0 done, 1 fell short (a check, a test, a delivery), 2 wrong use. ` + "`--output=json`" + ` is for programs.
`

// TestReference holds docs/reference/commands.md to the command line. Each
// command and flag has to be described.
func TestReference(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(commandsHead)
	for _, c := range commandLine(t).Model.Leaves(true) {
		name := c.Path()
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n```sh\n%s\n```\n", name, c.Help, usage(c))
		if c.Help == "" {
			t.Errorf("workbell %s has no help", name)
		}
		var rows [][]string
		for _, p := range c.Positional {
			rows = append(rows, []string{doctest.Code(p.Name), "", doctest.Code(p.Default), p.Help})
		}
		for _, group := range c.AllFlags(true) {
			for _, f := range group {
				if f.Name != "help" {
					rows = append(rows, []string{doctest.Code(flagName(f)), doctest.Code(strings.Join(f.Envs, " ")), doctest.Code(f.Default), f.Help})
				}
			}
		}
		for _, row := range rows {
			if row[3] == "" {
				t.Errorf("workbell %s: %s has no help", name, row[0])
			}
		}
		if len(rows) > 0 {
			b.WriteString("\n" + doctest.Table(append([][]string{{"flag or argument", "variable", "default", "what it is"}}, rows...)))
		}
	}
	doctest.Hold(t, *update, "../docs/reference/commands.md", b.String())
}

// usage is the shortest command line: what it demands, and no more.
func usage(c *kong.Node) string {
	words := []string{"workbell", c.Path()}
	for _, group := range c.AllFlags(true) {
		for _, f := range group {
			if f.Required {
				words = append(words, flagName(f))
			}
		}
	}
	for _, p := range c.Positional {
		word := strings.ToUpper(p.Name)
		if strings.HasSuffix(p.Target.Type().String(), "int64") {
			word = "12"
		}
		if p.Enum != "" {
			word, _, _ = strings.Cut(p.Enum, ",")
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// flagName is a flag with what it takes.
func flagName(f *kong.Flag) string {
	if f.IsBool() {
		return "--" + f.Name
	}
	what := f.PlaceHolder
	switch {
	case what == "" && f.Enum != "":
		what = strings.ReplaceAll(f.Enum, ",", "|")
	case what == "":
		what = strings.ToUpper(f.Name[strings.LastIndexAny(f.Name, ".-")+1:])
	}
	return "--" + f.Name + "=" + what
}

// invoked finds the commands of workbell in a block for the shell, with what
// may stand before them on the line, up to a pipe or a redirection.
var invoked = regexp.MustCompile(`(?m)^[ \t]*(?:export )?(?:\S+=\S* )*(?:\./|go run )?(?:workbell|\.) ([a-z][^|>\n]*)`)

// TestDocumentedCommandLines parses every command of workbell in the
// documents, as a shell gives it to it.
func TestDocumentedCommandLines(t *testing.T) {
	t.Parallel()
	parsed := 0
	for _, doc := range doctest.Documents(t, "..") {
		for _, b := range doctest.Blocks(t, doc) {
			if b.Language != "sh" || b.Unrun != "" {
				continue
			}
			for _, line := range invoked.FindAllStringSubmatch(strings.ReplaceAll(b.Text, "\\\n", " "), -1) {
				parsed++
				if err := parseLine(t, line[1]); err != nil {
					t.Errorf("%s: workbell %s: %v", b.At, line[1], err)
				}
			}
		}
	}
	if parsed < 40 {
		t.Errorf("fewer commands than there were: %d", parsed)
	}
}

// parseLine has a shell take a command line apart, and the parser read it.
func parseLine(t *testing.T, line string) error {
	t.Helper()
	out, err := exec.Command("sh", "-c", `workbell() { printf '%s\0' "$@"; }; workbell `+line).Output() //nolint:gosec // of this repository
	if err != nil {
		return fmt.Errorf("the shell: %w", err)
	}
	var args []string
	for _, a := range bytes.Split(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		args = append(args, string(a))
	}
	_, err = commandLine(t).Parse(args)
	return err
}
