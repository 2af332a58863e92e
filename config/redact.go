package config

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"workbell/secret"
)

// secretKey matches the keys whose values are secrets wherever they stand, and what
// people write by mistake instead; openInAuth those below auth whose values are none.
var (
	secretKey  = regexp.MustCompile(`(?i)secret|token|ticket|passw`)
	openInAuth = []string{"username", "header", "none"}
)

// hides says whether the value n of key is a secret, below auth or elsewhere: there
// whatever is not known to be none, since a text without its key is one, too.
func hides(key string, n *yaml.Node, auth bool) bool {
	switch {
	case strings.HasSuffix(key, "_file"):
		return false
	case secretKey.MatchString(key):
		return true
	case key == "base_url":
		return strings.Contains(n.Value, "@") // which holds a password, perhaps
	case key == "auth":
		return n.Kind == yaml.ScalarNode && n.Value != "none"
	}
	return auth && n.Kind == yaml.ScalarNode && !slices.Contains(openInAuth, key)
}

// Redact returns rules.yaml for showing: the values of secrets are masked, but
// for variables (${NAME}), which tell nothing. Of a text that is no YAML it
// returns nothing but that.
func Redact(data []byte) []byte {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return []byte("# rules.yaml is not YAML just now, and might show secrets.\n")
	}
	r := redaction{strings.SplitAfter(string(data), "\n"), map[*yaml.Node]bool{}}
	r.walk(&doc, false, false)
	return []byte(strings.Join(r.lines, ""))
}

// redaction masks in the lines of a file.
type redaction struct {
	lines  []string
	masked map[*yaml.Node]bool
}

// walk masks what is below n; hidden says whether n is a secret's value, auth
// whether it is below auth.
func (r *redaction) walk(n *yaml.Node, hidden, auth bool) {
	switch {
	case n.Kind == yaml.AliasNode && hidden && !r.masked[n.Alias]: // what it stands for is one, wherever that is written
		r.walk(n.Alias, true, auth)
	case n.Kind == yaml.ScalarNode && hidden && !r.masked[n]:
		r.mask(n)
	}
	if hidden {
		r.masked[n] = true
	}
	for i, c := range n.Content {
		if n.Kind != yaml.MappingNode {
			r.walk(c, hidden, auth)
		} else if i%2 == 1 {
			key := n.Content[i-1].Value
			r.walk(c, hidden || hides(key, c, auth), auth || key == "auth")
		}
	}
}

// mask hides a scalar: on its line, or, where it goes on or is written otherwise
// than it reads, all that it may stand on.
func (r *redaction) mask(n *yaml.Node) {
	if n.Value == "" || variable.FindString(n.Value) == n.Value {
		return
	}
	line := r.lines[n.Line-1]
	at := len(string([]rune(line)[:min(n.Column-1, len([]rune(line)))]))
	if strings.Contains(line[at:], n.Value) && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		r.lines[n.Line-1] = line[:at] + strings.Replace(line[at:], n.Value, secret.Mask, 1)
		return
	}
	r.lines[n.Line-1] = line[:at] + secret.Mask + "\n"
	indent := len(line) - len(strings.TrimLeft(line, " "))
	for i := n.Line; i < len(r.lines); i++ {
		next := r.lines[i]
		if strings.TrimSpace(next) != "" && len(next)-len(strings.TrimLeft(next, " ")) <= indent {
			return
		}
		r.lines[i] = ""
	}
}
