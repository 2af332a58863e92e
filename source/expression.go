package source

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// Bounds: how large an expression may be, how many elements it may make in one
// evaluation (expr counts each of a list or map that it builds), and for how
// long all expressions may run for one body.
const (
	maxNodes     = 1000
	memoryBudget = 200_000
	maxRun       = 2 * time.Second
	maxWording   = 2000 // bytes of a wording
)

var errTooLong = errors.New("the expressions take too long for this body")

// fieldNames are the fields of an event that expressions can give.
var fieldNames = []string{"id", "event", "title", "status", "severity", "group_key", "url", "text", "labels"}

// environment is what expressions see.
type environment struct {
	Payload any               `expr:"payload"`
	Headers map[string]string `expr:"headers"`
	Item    any               `expr:"item"`
	// Say fills in a wording from the item, else the payload, see expand. What
	// is missing or of another kind reads as nothing; it fails for a wording of
	// more than maxWording bytes alone.
	Say func(wording string) (string, error) `expr:"say"`

	until time.Time // when expressions have run for long enough
}

// InTime fails once expressions have run for long enough. It is called in each
// turn of each loop of an expression (see bounded): expr itself bounds memory,
// but not time.
func (e environment) InTime() (bool, error) {
	if time.Now().After(e.until) {
		return false, errTooLong
	}
	return true, nil
}

// bounded puts a call of InTime before the body of every loop.
type bounded struct{}

// Visit is called by expr for each node of an expression.
func (bounded) Visit(node *ast.Node) {
	if loop, ok := (*node).(*ast.PredicateNode); ok {
		inTime := &ast.CallNode{Callee: &ast.IdentifierNode{Value: "InTime"}}
		loop.Node = &ast.SequenceNode{Nodes: []ast.Node{inTime, loop.Node}}
	}
}

// expression is a compiled expression; several goroutines may run it at once.
type expression struct{ program *vm.Program }

func compileAll(spec Spec) (each *expression, fields map[string]*expression, faults []error) {
	var err error
	if spec.Each != "" {
		each, err = compile("each", spec.Each)
		faults = append(faults, err)
	}
	fields = map[string]*expression{}
	for _, name := range sortedKeys(spec.Fields) {
		field := "fields." + name
		if !slices.Contains(fieldNames, name) {
			faults = append(faults, &FieldError{Field: field, Problem: "unknown field (known: " + strings.Join(fieldNames, ", ") + ")"})
			continue
		}
		fields[name], err = compile(field, spec.Fields[name])
		faults = append(faults, err)
	}
	return each, fields, faults
}

func compile(field, code string) (*expression, error) {
	program, err := expr.Compile(code, expr.Env(environment{}), expr.MaxNodes(maxNodes), expr.Patch(bounded{}))
	var at *file.Error
	switch {
	case err == nil:
		return &expression{program}, nil
	case errors.As(err, &at):
		return nil, &FieldError{Field: field, Line: max(at.Line, 1), Column: at.Column + 1, Problem: at.Message}
	default:
		return nil, &FieldError{Field: field, Problem: err.Error()}
	}
}

// run evaluates the expression for an event. The error is one line.
func (x *expression) run(e *Event, until time.Time) (any, error) {
	env := environment{e.Payload(), e.Headers, e.ItemValue(), e.say, until}
	if _, err := env.InTime(); err != nil {
		return nil, err
	}
	return x.evaluate(env)
}

func (e *Event) say(wording string) (string, error) {
	if len(wording) > maxWording {
		return "", fmt.Errorf("the wording has more than %d bytes", maxWording)
	}
	about, _ := e.subject()
	p, _ := about.(map[string]any)
	return object(p).expand(wording), nil
}

func (x *expression) evaluate(env environment) (any, error) {
	machine := vm.VM{MemoryBudget: memoryBudget}
	v, err := machine.Run(x.program, env)
	if err == nil {
		return v, nil
	}
	var at *file.Error
	if errors.As(err, &at) {
		return nil, errors.New(line(at.Message, 200))
	}
	return nil, errors.New(line(err.Error(), 200))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
