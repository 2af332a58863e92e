package transform

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// A quick is a block of templates compiled into functions, at a fraction of
// what text/template costs, which evaluates by reflection. It knows the nodes,
// types and functions that messages are made of, and writes for them exactly
// what text/template writes. What it does not know it does not compile; where
// it meets, while running, a value that it does not know, or anything that
// might be an error, it gives up: text/template then runs the block from its
// start and has the last word, errors included. Blocks have no effects, so
// nothing can be seen of the attempt.
type quick struct {
	nodes []node
	slots int // of variables; the first is $
}

// node writes what a node of a template gives.
type node func(x *executor, dot any)

// value is what an argument or a pipeline gives, with the types that
// text/template would see, but for texts and alerts: these may be pointers, to
// what does not change, since an interface that holds them would have to be
// allocated.
type value func(x *executor, dot any) any

// missing is the nothing that a pipeline gave, of which each field is nothing,
// where one of a nil elsewhere is an error.
type missing struct{}

// errOdd is that something is not for a quick to judge.
var errOdd = errors.New("only text/template knows")

// quickly runs q for data. Where it returns false, text/template has to.
func (x *executor) quickly(q *quick, data *Data) (whole, ok bool) {
	x.out.buf, x.vars, x.args, x.texts = x.out.buf[:0], x.vars[:0], x.args[:0], x.texts[:0]
	x.base, x.stop = 0, nil
	defer func() {
		if recover() != nil { // text/template makes an error of it
			whole, ok = false, false
		}
	}()
	q.run(x, data)
	return x.stop == nil, x.stop == nil || errors.Is(x.stop, errFull)
}

func (q *quick) run(x *executor, dot any) {
	base := x.base
	x.base = len(x.vars)
	x.vars = slices.Grow(x.vars, q.slots)[:x.base+q.slots]
	x.vars[x.base] = dot
	x.list(q.nodes, dot)
	x.vars, x.base = x.vars[:x.base], base
}

// list writes nodes until something ends the execution.
func (x *executor) list(nodes []node, dot any) {
	for i := 0; i < len(nodes) && x.stop == nil; i++ {
		nodes[i](x, dot)
	}
}

// box returns a pointer to s, of which many are allocated at once.
func (x *executor) box(s string) *string {
	if len(x.texts) == cap(x.texts) {
		x.texts = make([]string, 0, 64)
	}
	x.texts = append(x.texts, s)
	return &x.texts[len(x.texts)-1]
}

// odd gives up.
func (x *executor) odd() any {
	x.stop = errOdd
	return nil
}

// write writes s as far as there is room for it.
func (x *executor) write(s string) {
	if room := maxBlock - len(x.out.buf); len(s) > room {
		s, x.stop = s[:room], errFull
	}
	x.out.buf = append(x.out.buf, s...)
}

func (x *executor) print(v any) {
	if x.stop != nil {
		return
	}
	switch v := v.(type) {
	case nil:
		x.write("<no value>")
	case string:
		x.write(v)
	case *string:
		x.write(*v)
	case int:
		x.write(strconv.Itoa(v))
	case bool, float64:
		x.write(fmt.Sprint(v))
	default:
		x.stop = errOdd
	}
}
