package cli

import (
	_ "embed" // the scripts
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

//go:embed completion/workbell.bash
var bashCompletion string

//go:embed completion/workbell.zsh
var zshCompletion string

//go:embed completion/workbell.fish
var fishCompletion string

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script that makes a shell ask completeCmd.
func (c *completionCmd) Run(env Env) error {
	_, err := io.WriteString(env.Stdout, map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell])
	return err
}

// completeCmd is what the scripts call at each press of the tabulator.
type completeCmd struct {
	Line string `arg:"" help:"The command line up to the cursor."`
}

// Run prints what the last word of the line may become, one to a line, each with
// its help after a tabulator. Where only a file can follow it prints nothing.
func (c *completeCmd) Run(env Env, k *kong.Context) error {
	for _, w := range complete(k.Model.Node, c.Line) {
		if _, err := fmt.Fprintf(env.Stdout, "%s\t%s\n", w.text, w.help); err != nil {
			return err
		}
	}
	return nil
}

type candidate struct{ text, help string }

// complete returns what the last word of line may become below node.
func complete(node *kong.Node, line string) (found []candidate) {
	words := strings.Fields(line)
	last := ""
	if n := len(words); n > 0 && strings.HasSuffix(line, words[n-1]) {
		words, last = words[:n-1], words[n-1]
	}
	node, waiting, arguments := follow(node, words[min(1, len(words)):])
	name, value, assigned := strings.Cut(last, "=")
	switch f := flagOf(node, name); {
	case waiting != nil:
		found = enumerated(waiting.Value, "")
	case assigned && f != nil:
		last = name + "=" + value
		found = enumerated(f.Value, name+"=")
	case strings.HasPrefix(last, "-"):
		for _, f := range flagsOf(node) {
			if !f.Hidden {
				found = append(found, candidate{"--" + f.Name, f.Help})
			}
		}
	default:
		for _, child := range node.Children {
			if !child.Hidden {
				found = append(found, candidate{child.Name, child.Help})
			}
		}
		if arguments < len(node.Positional) {
			found = append(found, enumerated(node.Positional[arguments], "")...)
		}
	}
	return slices.DeleteFunc(found, func(c candidate) bool { return !strings.HasPrefix(c.text, last) })
}

// follow walks words down from node. It returns the command that they come to, the
// flag whose value is to follow, if any, and how many arguments they hold.
func follow(node *kong.Node, words []string) (at *kong.Node, waiting *kong.Flag, arguments int) {
	for _, word := range words {
		if waiting != nil {
			waiting = nil
			continue
		}
		if f := flagOf(node, word); f != nil && !f.IsBool() {
			waiting = f
			continue
		}
		i := slices.IndexFunc(node.Children, func(child *kong.Node) bool { return child.Name == word })
		switch {
		case i >= 0:
			node = node.Children[i]
		case !strings.HasPrefix(word, "-"):
			arguments++
		}
	}
	return node, waiting, arguments
}

// flagsOf returns the flags of node and of all above it.
func flagsOf(node *kong.Node) []*kong.Flag { return slices.Concat(node.AllFlags(false)...) }

// flagOf returns the flag that word names, as in --name; nil if it names none.
func flagOf(node *kong.Node, word string) *kong.Flag {
	for _, f := range flagsOf(node) {
		if word == "--"+f.Name {
			return f
		}
	}
	return nil
}

// enumerated returns what v may be, each behind prefix; nothing where that is free.
func enumerated(v *kong.Value, prefix string) (found []candidate) {
	if v.Enum == "" {
		return nil
	}
	for _, text := range v.EnumSlice() {
		found = append(found, candidate{prefix + text, ""})
	}
	return found
}
