package transform

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"workbell/source"
)

// A `when` mostly begins with comparisons of an event's own words with
// literals: status == "firing" && labels.severity in ["critical", "page"].
// Those are made here without running the expression; it runs only if all
// of them hold and there is more to it. No comparison of this kind can fail,
// so the shortcut cannot be told from the expression.

// key is something of an event that shortcuts compare: a name, or a label.
type key struct{ name, label string }

func (k key) value(e *source.Event) string {
	switch k.name {
	case "source":
		return e.Source
	case "kind":
		return e.Kind
	case "event":
		return e.Name
	case "status":
		return e.Status
	case "severity":
		return e.Severity
	case "action":
		return e.Action
	case "repository":
		return e.Repository
	case "sender":
		return e.Sender
	case "ref":
		return e.Ref
	case "receiver":
		return notification(e).Receiver
	case "labels":
		return e.Labels[k.label]
	case "commonLabels":
		return notification(e).CommonLabels[k.label]
	case "groupLabels":
		return notification(e).GroupLabels[k.label]
	}
	panic("transform: no shortcut for " + k.name)
}

var (
	keyWords  = []string{"source", "kind", "event", "status", "severity", "action", "repository", "sender", "ref", "receiver"}
	keyLabels = []string{"labels", "commonLabels", "groupLabels"}
)

// keys are the different keys of all rules.
type keys struct{ list []key }

func (ks *keys) index(k key) int {
	if i := slices.Index(ks.list, k); i >= 0 {
		return i
	}
	ks.list = append(ks.list, k)
	return len(ks.list) - 1
}

// test is one comparison: the value of a key is among (or, with not, is not
// among) literals.
type test struct {
	key    int
	values []string
	not    bool
}

func (t *test) holds(values []string) bool {
	v := values[t.key]
	for _, want := range t.values {
		if v == want {
			return !t.not
		}
	}
	return t.not
}

// shortcut returns the comparisons that a `when` begins with, and whether
// there is nothing else to it.
func (ks *keys) shortcut(when ast.Node) (tests []test, all bool) {
	if b, ok := when.(*ast.BinaryNode); ok && (b.Operator == "&&" || b.Operator == "and") {
		left, all := ks.shortcut(b.Left)
		if !all {
			return left, false
		}
		right, all := ks.shortcut(b.Right)
		return append(left, right...), all
	}
	if k, values, not, ok := comparison(when); ok {
		return []test{{ks.index(k), values, not}}, true
	}
	return nil, false
}

// comparison reads x == "a", "a" == x, x != "a" and x in ["a", "b"].
func comparison(n ast.Node) (k key, values []string, not, ok bool) {
	b, is := n.(*ast.BinaryNode)
	if !is {
		return key{}, nil, false, false
	}
	left, right := b.Left, b.Right
	if _, literal := left.(*ast.StringNode); literal && b.Operator != "in" {
		left, right = right, left
	}
	k, ok = keyOf(left)
	if !ok {
		return key{}, nil, false, false
	}
	switch b.Operator {
	case "==", "!=":
		s, ok := right.(*ast.StringNode)
		if ok {
			return k, []string{s.Value}, b.Operator == "!=", true
		}
	case "in":
		if list, ok := right.(*ast.ArrayNode); ok && len(list.Nodes) > 0 {
			for _, e := range list.Nodes {
				s, ok := e.(*ast.StringNode)
				if !ok {
					return key{}, nil, false, false
				}
				values = append(values, s.Value)
			}
			return k, values, false, true
		}
	}
	return key{}, nil, false, false
}

func keyOf(n ast.Node) (key, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return key{name: n.Value}, slices.Contains(keyWords, n.Value)
	case *ast.MemberNode:
		of, ok := n.Node.(*ast.IdentifierNode)
		label, is := n.Property.(*ast.StringNode)
		if ok && is && !n.Optional && !n.Method && slices.Contains(keyLabels, of.Value) {
			return key{of.Value, label.Value}, true
		}
	}
	return key{}, false
}

// pinned returns the literals that a rule's shortcut allows for a word such as
// "kind"; nil if it allows all.
func (ks *keys) pinned(tests []test, word string) []string {
	for _, t := range tests {
		if !t.not && ks.list[t.key] == (key{name: word}) {
			return t.values
		}
	}
	return nil
}
