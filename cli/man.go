package cli

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct{}

// Run prints the manual page, made of what --help prints.
func (manCmd) Run(env Env, k *kong.Context) error {
	_, err := env.Stdout.Write(manual(k.Model.Node, env.Version.Version))
	return err
}

// roff keeps text from being read as markup.
var roff = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, `"`, `\(dq`, "…", `\&...`, "\n.", "\n\\&.")

// manual writes the manual page of root in the macros of man(7). It is the same
// for the same program: it has no date.
func manual(root *kong.Node, version string) []byte {
	var b bytes.Buffer
	summary, more, _ := strings.Cut(root.Help, "\n")
	fmt.Fprintf(&b, ".TH WORKBELL 1 \"\" \"workbell %s\" \"User Commands\"\n", roff.Replace(version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", root.Name, roff.Replace(strings.TrimRight(summary, ".")))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.I command\n[\\fIflags\\fR]\n", root.Name)
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n.SH COMMANDS\n", roff.Replace(more))
	for _, c := range root.Leaves(true) {
		fmt.Fprintf(&b, ".SS \"%s %s\"\n%s\n", root.Name, roff.Replace(strings.TrimSuffix(c.Summary(), " [flags]")), roff.Replace(c.Help))
		for _, a := range c.Positional {
			paragraph(&b, "<"+a.Name+">", a)
		}
		for _, f := range c.Flags {
			if !f.Hidden {
				paragraph(&b, f.Summary(), f.Value)
			}
		}
	}
	b.WriteString(exitStatus)
	return b.Bytes()
}

const exitStatus = `.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
what was asked for fell short: a check, a test, a delivery
.TP
.B 2
wrong use
`

// paragraph writes what v is, what it may be and which variable sets it.
func paragraph(b *bytes.Buffer, name string, v *kong.Value) {
	fmt.Fprintf(b, ".TP\n.B %s\n%s", roff.Replace(name), roff.Replace(v.Help))
	if v.Flag != nil && len(v.Flag.Envs) > 0 {
		fmt.Fprintf(b, " Variable: %s.", strings.Join(v.Flag.Envs, ", "))
	}
	b.WriteString("\n")
}
