package transform

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"workbell/config"
	"workbell/message"
)

// expression is an expression as it was written, parsed and compiled.
type expression struct {
	program
	node ast.Node // as written, before the optimiser
}

// names says whether the expression names one of the words.
func (x *expression) names(words ...string) bool {
	return x != nil && ast.Find(x.node, func(n ast.Node) bool {
		id, ok := n.(*ast.IdentifierNode)
		return ok && slices.Contains(words, id.Value)
	}) != nil
}

// compile compiles an expression, or adds why it cannot be, at its place in
// the file, and returns nil.
func (l *loader) compile(path string, s config.Scalar, more ...expr.Option) *expression {
	tree, err := parser.Parse(s.Value)
	var p program
	if err == nil {
		if at, problem, remedy := forbidden(tree.Node, l.book); problem != "" {
			l.faults.Add(placeOf(s, at), remedy, "%s: %s", path, problem)
			return nil
		}
		p.Program, err = expr.Compile(s.Value, append(slices.Clone(l.t.options), more...)...)
	}
	if err != nil {
		l.expressionFault(path, s, err)
		return nil
	}
	for i, b := range bindings {
		if (&expression{node: tree.Node}).names(b.name) {
			p.uses = append(p.uses, i)
		}
	}
	return &expression{p, tree.Node}
}

// placeOf is where the rune at offset of s stands in the file.
func placeOf(s config.Scalar, offset int) config.Pos {
	line, column := 1, 1
	for i, r := range []rune(s.Value) {
		if i == offset {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return s.Place(line, column)
}

var unknownName = regexp.MustCompile(`^unknown name (\S+)`)

func (l *loader) expressionFault(path string, s config.Scalar, err error) {
	var fe *file.Error
	if !errors.As(err, &fe) {
		l.faults.Add(s.At, "", "%s: %v", path, err)
		return
	}
	problem, remedy := fe.Message, ""
	if m := unknownName.FindStringSubmatch(problem); m != nil {
		problem, remedy = fmt.Sprintf("unknown name %q", m[1]), config.DidYouMean(m[1], names())
		if remedy == "" {
			remedy = fmt.Sprintf("a text is written in quotes: %q", m[1])
		}
	}
	if strings.Contains(problem, "expected bool") {
		remedy = "a when is true or false: compare with ==, !=, in, contains …"
	}
	l.faults.Add(s.Place(fe.Line, fe.Column+1), remedy, "%s: %s", path, problem)
}

// forbidden finds what compiles and yet must not run: where, what, and what to
// write instead.
func forbidden(root ast.Node, b *book) (at int, problem, remedy string) {
	ast.Find(root, func(n ast.Node) bool {
		if problem != "" {
			return false
		}
		switch n := n.(type) {
		case *ast.IdentifierNode:
			switch n.Value {
			case "$env":
				problem, remedy = "$env is not available", "write the name itself"
			case literalGroup:
				problem, remedy = fmt.Sprintf("unknown name %q", n.Value), "write group(…)"
			}
		case *ast.CallNode:
			problem, remedy = forbiddenCall(n, b)
		case *ast.BuiltinNode:
			if nesting(n) > maxNesting {
				problem = fmt.Sprintf("%s(…) is nested more than %d deep", n.Name, maxNesting)
				remedy = "an event must not take long; split the rule"
			}
		}
		at = n.Location().From
		return problem != ""
	})
	return at, problem, remedy
}

func forbiddenCall(n *ast.CallNode, b *book) (problem, remedy string) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return "", ""
	}
	for _, arg := range n.Arguments {
		text, isText := arg.(*ast.StringNode)
		number, isNumber := arg.(*ast.IntegerNode)
		var err error
		switch {
		case callee.Value == "between" && isText:
			_, err = timeOfDay(text.Value)
		case callee.Value == "dept" && isNumber:
			_, err = b.dept(fmt.Sprint(number.Value))
		case isText && slices.Contains([]string{"user", "dept", "group", "person"}, callee.Value):
			for _, id := range must(references(nil, []any{text.Value})) {
				if _, err = b.ref(callee.Value + ":" + id); err != nil {
					break
				}
			}
		}
		if err != nil {
			return err.Error(), remedyFor(err)
		}
	}
	if callee.Value == "everyone" && !b.everyone {
		return errEveryone.Error(), "write under groups: all: {everyone: true}, and to: all"
	}
	return "", ""
}

func must(ids []string, _ error) []string { return ids }

// remedyFor suggests the name that was meant.
func remedyFor(err error) string {
	var u *unknown
	if errors.As(err, &u) {
		return config.DidYouMean(u.name, u.known)
	}
	return ""
}

// nesting is how deep predicates stand in one another.
func nesting(n ast.Node) int {
	deepest := 0
	var visit func(ast.Node, int)
	visit = func(n ast.Node, depth int) {
		deepest = max(deepest, depth)
		for _, child := range children(n) {
			if _, is := child.(*ast.PredicateNode); is {
				visit(child, depth+1)
			} else {
				visit(child, depth)
			}
		}
	}
	visit(n, 0)
	return deepest
}

// children are the nodes right below n.
func children(n ast.Node) []ast.Node {
	var list []ast.Node
	v := reflect.Indirect(reflect.ValueOf(n))
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f := v.Field(i).Interface().(type) {
		case ast.Node:
			if f != nil && !reflect.ValueOf(f).IsNil() {
				list = append(list, f)
			}
		case []ast.Node:
			list = append(list, f...)
		}
	}
	return list
}

// conjuncts returns the operands of a chain of &&.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "&&" || b.Operator == "and") {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

var (
	recipientsType = reflect.TypeOf(message.Recipients{})
	anyType        = reflect.TypeOf((*any)(nil)).Elem()
)

// mayBeRecipients says whether the value of a checked expression can be
// recipients, or a list of them.
func mayBeRecipients(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ArrayNode:
		return !slices.ContainsFunc(n.Nodes, func(e ast.Node) bool { return !mayBeRecipients(e) })
	case *ast.ConditionalNode:
		return mayBeRecipients(n.Exp1) && mayBeRecipients(n.Exp2)
	case *ast.VariableDeclaratorNode:
		return mayBeRecipients(n.Expr)
	case *ast.NilNode:
		return true
	}
	t := n.Type()
	return t == recipientsType || t == anyType || t.Kind() == reflect.Slice && (t.Elem() == anyType || t.Elem() == recipientsType)
}
