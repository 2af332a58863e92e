package transform

import "text/template/parse"

// harden changes a parsed template in two ways that its author does not see.
//
// A chain such as .Payload.a.b is evaluated step by step, as ((.Payload).a).b:
// text/template then lets a missing key be nothing all the way down, where it
// would otherwise fail at the second.
//
// What range runs over goes through the function _items, since a number out
// of a payload would make it run for as long as that number says.
func harden(tree *parse.Tree) { hardenList(tree.Root) }

func hardenList(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			hardenPipe(n.Pipe)
		case *parse.TemplateNode:
			hardenPipe(n.Pipe)
		case *parse.IfNode:
			hardenBranch(&n.BranchNode)
		case *parse.WithNode:
			hardenBranch(&n.BranchNode)
		case *parse.RangeNode:
			hardenBranch(&n.BranchNode)
			n.Pipe.Cmds = append(n.Pipe.Cmds, command(n.Pos, parse.NewIdentifier("_items").SetPos(n.Pos)))
		}
	}
}

func hardenBranch(b *parse.BranchNode) {
	hardenPipe(b.Pipe)
	hardenList(b.List)
	hardenList(b.ElseList)
}

func hardenPipe(pipe *parse.PipeNode) {
	if pipe == nil {
		return
	}
	for _, cmd := range pipe.Cmds {
		for i, arg := range cmd.Args {
			cmd.Args[i] = hardenArg(arg)
		}
	}
}

func hardenArg(n parse.Node) parse.Node {
	switch n := n.(type) {
	case *parse.PipeNode:
		hardenPipe(n)
	case *parse.FieldNode:
		if len(n.Ident) > 1 && !plainChain(n.Ident) {
			first := &parse.FieldNode{NodeType: parse.NodeField, Pos: n.Pos, Ident: n.Ident[:1]}
			return chain(first, n.Pos, n.Ident[1:])
		}
	case *parse.VariableNode:
		if len(n.Ident) > 2 {
			first := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: n.Pos, Ident: n.Ident[:2]}
			return chain(first, n.Pos, n.Ident[2:])
		}
	case *parse.ChainNode:
		n.Node = hardenArg(n.Node)
		if len(n.Field) > 1 {
			return chain(&parse.ChainNode{NodeType: parse.NodeChain, Pos: n.Pos, Node: n.Node, Field: n.Field[:1]}, n.Pos, n.Field[1:])
		}
	}
	return n
}

// plainChain says whether a chain is one of Alertmanager's, of which no part
// can be missing: .CommonLabels.x, .Alerts.Firing.
func plainChain(ident []string) bool {
	return len(ident) == 2 && typedFields[ident[0]]
}

var typedFields = map[string]bool{
	"Alerts": true, "CommonLabels": true, "GroupLabels": true, "CommonAnnotations": true, "Annotations": true,
}

// chain returns (((n).a).b).c for the fields a, b, c.
func chain(n parse.Node, pos parse.Pos, fields []string) parse.Node {
	for i := range fields {
		pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{command(pos, n)}}
		n = &parse.ChainNode{NodeType: parse.NodeChain, Pos: pos, Node: pipe, Field: fields[i : i+1]}
	}
	return n
}

func command(pos parse.Pos, arg parse.Node) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{arg}}
}
