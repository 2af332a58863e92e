package transform

import (
	"slices"
	"strconv"
	"text/template/parse"

	"github.com/prometheus/alertmanager/template"
)

// compiler compiles the templates of one set.
type compiler struct {
	trees     func(name string) *parse.Tree // nil where there is none
	functions map[string]any
	done      map[string]*quick // by template; nil while it is compiled, or if it cannot be
	scope     []string          // the variables that are visible, each at its slot
	slots     int
	unknown   bool // there is something that it does not know
}

// compile returns a template compiled, or nil if that cannot be.
func (c *compiler) compile(name string) *quick {
	if q, ok := c.done[name]; ok {
		return q // nil where a template calls itself
	}
	c.done[name] = nil
	tree := c.trees(name)
	if tree == nil {
		return nil
	}
	in := compiler{trees: c.trees, functions: c.functions, done: c.done, scope: []string{"$"}, slots: 1}
	nodes := in.list(tree.Root)
	if !in.unknown {
		c.done[name] = &quick{nodes, in.slots}
	}
	return c.done[name]
}

// list compiles a list; its variables end with it.
func (c *compiler) list(list *parse.ListNode) []node {
	if list == nil {
		return nil
	}
	defer c.leave(len(c.scope))
	nodes := make([]node, len(list.Nodes))
	for i, n := range list.Nodes {
		nodes[i] = c.node(n)
	}
	return nodes
}

func (c *compiler) leave(scope int) { c.scope = c.scope[:scope] }

func (c *compiler) node(n parse.Node) node {
	switch n := n.(type) {
	case *parse.TextNode:
		text := string(n.Text)
		return func(x *executor, _ any) { x.write(text) }
	case *parse.ActionNode:
		v := c.pipe(n.Pipe)
		if len(n.Pipe.Decl) > 0 {
			return func(x *executor, dot any) { v(x, dot) }
		}
		return func(x *executor, dot any) { x.print(v(x, dot)) }
	case *parse.IfNode:
		return c.branch(&n.BranchNode, false)
	case *parse.WithNode:
		return c.branch(&n.BranchNode, true)
	case *parse.RangeNode:
		return c.loop(&n.BranchNode)
	case *parse.TemplateNode:
		q, v := c.compile(n.Name), c.pipe(n.Pipe)
		c.unknown = c.unknown || q == nil
		return func(x *executor, dot any) {
			if dot = v(x, dot); x.stop == nil {
				q.run(x, dot)
			}
		}
	}
	c.unknown = true
	return nil
}

func (c *compiler) branch(b *parse.BranchNode, with bool) node {
	defer c.leave(len(c.scope))
	v, then, other := c.pipe(b.Pipe), c.list(b.List), c.list(b.ElseList)
	return func(x *executor, dot any) {
		switch v := v(x, dot); {
		case !truth(v):
			x.list(other, dot)
		case with:
			x.list(then, v)
		default:
			x.list(then, dot)
		}
	}
}

func (c *compiler) loop(b *parse.BranchNode) node {
	defer c.leave(len(c.scope))
	v, slots, body, other := c.pipe(b.Pipe), c.slotsOf(b.Pipe), c.list(b.List), c.list(b.ElseList)
	one := func(x *executor, i int, elem any) {
		if n := len(slots); n > 0 {
			x.vars[x.base+slots[n-1]] = elem
			if n > 1 {
				x.vars[x.base+slots[0]] = i
			}
		}
		x.list(body, elem)
	}
	return func(x *executor, dot any) {
		n := 0
		switch list := v(x, dot).(type) {
		case nil:
		case template.Alerts:
			n = eachAlert(x, list, one)
		case []template.Alert:
			n = eachAlert(x, list, one)
		case template.Pairs:
			n = each(x, list, one)
		case []string:
			n = each(x, list, one)
		case []any:
			n = each(x, list, one)
		default:
			x.odd()
		}
		if n == 0 {
			x.list(other, dot)
		}
	}
}

func each[T any](x *executor, list []T, one func(*executor, int, any)) int {
	for i, elem := range list {
		one(x, i, elem)
	}
	return len(list)
}

func eachAlert(x *executor, list []template.Alert, one func(*executor, int, any)) int {
	for i := range list {
		one(x, i, &list[i])
	}
	return len(list)
}

// pipe compiles a pipeline with its variables: what a command gives is the
// last argument of the next.
func (c *compiler) pipe(p *parse.PipeNode) value {
	if p == nil {
		return func(*executor, any) any { return nil }
	}
	var v value
	for _, cmd := range p.Cmds {
		v = c.command(cmd, v)
	}
	if len(p.Decl) == 0 {
		return v
	}
	if !p.IsAssign {
		for _, d := range p.Decl {
			c.scope = append(c.scope, d.Ident[0])
		}
		c.slots = max(c.slots, len(c.scope))
	}
	slots := c.slotsOf(p)
	return func(x *executor, dot any) any {
		v := v(x, dot)
		for _, slot := range slots {
			x.vars[x.base+slot] = v
		}
		return v
	}
}

// slotsOf returns where the variables are that a pipeline sets.
func (c *compiler) slotsOf(p *parse.PipeNode) []int {
	var slots []int
	for _, d := range p.Decl {
		slots = append(slots, c.slot(d.Ident[0]))
	}
	return slots
}

func (c *compiler) slot(name string) int {
	for i, n := range slices.Backward(c.scope) {
		if n == name {
			return i
		}
	}
	c.unknown = true
	return 0
}

func (c *compiler) command(cmd *parse.CommandNode, final value) value {
	if f, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		return c.call(f.Ident, cmd.Args[1:], final)
	}
	c.unknown = c.unknown || len(cmd.Args) > 1 || final != nil
	return c.operand(cmd.Args[0])
}

// operand compiles what may stand as an argument.
func (c *compiler) operand(n parse.Node) value {
	switch n := n.(type) {
	case *parse.DotNode:
		return func(_ *executor, dot any) any { return dot }
	case *parse.FieldNode:
		return fields(func(_ *executor, dot any) any { return dot }, n.Ident)
	case *parse.VariableNode:
		slot := c.slot(n.Ident[0])
		return fields(func(x *executor, _ any) any { return x.vars[x.base+slot] }, n.Ident[1:])
	case *parse.ChainNode:
		of, nothing := c.operand(n.Node), n.Node.Type() == parse.NodePipe && len(n.Field) == 1
		return fields(func(x *executor, dot any) any {
			if v := of(x, dot); v != nil || !nothing {
				return v
			}
			return missing{}
		}, n.Field)
	case *parse.PipeNode:
		c.unknown = c.unknown || len(n.Decl) > 0
		return c.pipe(n)
	case *parse.IdentifierNode:
		return c.call(n.Ident, nil, nil)
	case *parse.StringNode:
		return constant(&n.Text)
	case *parse.BoolNode:
		return constant(n.True)
	case *parse.NumberNode:
		if i, err := strconv.Atoi(n.Text); err == nil && strconv.Itoa(i) == n.Text {
			return constant(i)
		}
	}
	c.unknown = true
	return nil
}

func constant(v any) value { return func(*executor, any) any { return v } }
