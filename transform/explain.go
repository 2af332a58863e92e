package transform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"workbell/message"
)

// maxShown is how many bytes of a value an explanation shows.
const maxShown = 120

// why says in words why a rule matched or not.
func (r *runner) why(rule *rule, ok bool, err error) string {
	switch {
	case err != nil:
		return "when failed: " + plainError(err)
	case rule.when == nil:
		return "it has no when: it always matches"
	case ok:
		return fmt.Sprintf("%s is true", rule.when.node)
	}
	for _, n := range conjuncts(rule.when.node) {
		if v, err := r.part(n); err == nil && v == false {
			return fmt.Sprintf("%s is false%s", n, r.given(n))
		}
	}
	return fmt.Sprintf("%s is false%s", rule.when.node, r.given(rule.when.node))
}

// part evaluates a part of an expression that has been compiled as a whole.
func (r *runner) part(n ast.Node) (any, error) {
	p, err := expr.Compile(n.String(), r.t.options...)
	if err != nil {
		return nil, err
	}
	x := expression{program{Program: p}, n}
	for i, b := range bindings {
		if x.names(b.name) {
			x.uses = append(x.uses, i)
		}
	}
	return r.eval(&x.program)
}

// given lists the values of what n names: `: status is "resolved"`.
func (r *runner) given(n ast.Node) string {
	var shown []string
	var walk func(ast.Node)
	walk = func(n ast.Node) {
		if b, is := n.(*ast.BuiltinNode); is && len(b.Arguments) > 0 {
			walk(b.Arguments[0]) // what it looks through, not what it asks of each
			return
		}
		if !telling(n) {
			for _, c := range children(n) {
				walk(c)
			}
			return
		}
		v, err := r.part(n)
		if s := fmt.Sprintf("%s is %s", n, show(v)); err == nil && !slices.Contains(shown, s) {
			shown = append(shown, s)
		}
	}
	walk(n)
	if len(shown) == 0 {
		return ""
	}
	return ": " + strings.Join(shown, ", ")
}

// telling says whether the value of n tells why: a name, a member of one, or
// what a function gives.
func telling(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return rooted(n)
	case *ast.MemberNode:
		_, ok := n.Property.(*ast.StringNode)
		return ok && rooted(n)
	case *ast.CallNode:
		return true
	}
	return false
}

// rooted says whether a chain of members begins with a name of the event.
func rooted(n ast.Node) bool {
	for {
		switch m := n.(type) {
		case *ast.MemberNode:
			n = m.Node
		case *ast.IdentifierNode:
			return slices.ContainsFunc(bindings, func(b binding) bool { return b.name == m.Value })
		default:
			return false
		}
	}
}

// show prints a value as JSON, shortened.
func show(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return typeName(v)
	}
	return message.Cut(strings.TrimSpace(b.String()), maxShown)
}

func notReached(rules []rule, by string) []Step {
	steps := make([]Step, len(rules))
	for i := range rules {
		steps[i] = Step{Rule: rules[i].name, Why: fmt.Sprintf("not asked: %s matched and ended it", by)}
	}
	return steps
}
