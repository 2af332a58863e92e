package transform

import (
	"reflect"
	"text/template/parse"
	"time"

	"github.com/prometheus/alertmanager/template"
)

// call is a function of templates without reflection: errOdd, or another
// error, where text/template is to call it.
type call func(args []any) (any, error)

// call compiles the call of a function with its arguments; final, if any, is
// the last of them.
func (c *compiler) call(name string, nodes []parse.Node, final value) value {
	args := make([]value, len(nodes), len(nodes)+1)
	for i, n := range nodes {
		args[i] = c.operand(n)
	}
	if name == "and" || name == "or" {
		c.unknown = c.unknown || len(args) == 0 || final != nil
		return firstThat(name == "or", args)
	}
	if final != nil {
		args = append(args, final)
	}
	f, takes := c.function(name)
	if f == nil || !takes(len(args)) {
		c.unknown = true
		return nil
	}
	return func(x *executor, dot any) any {
		from := len(x.args)
		for _, arg := range args {
			v := arg(x, dot)
			x.args = append(x.args, v)
		}
		v, err := f(x.args[from:])
		clear(x.args[from:])
		x.args = x.args[:from]
		if err != nil {
			return x.odd()
		}
		return v
	}
}

// firstThat returns the first of the arguments whose truth is as wanted, else
// the last.
func firstThat(wanted bool, args []value) value {
	return func(x *executor, dot any) (v any) {
		for _, arg := range args {
			if v = arg(x, dot); truth(v) == wanted {
				break
			}
		}
		return v
	}
}

// function finds a function, and says how many arguments it takes; nil where
// there is none of a type that is known.
func (c *compiler) function(name string) (f call, takes func(n int) bool) {
	own, ok := c.functions[name]
	if !ok {
		b := builtins[name]
		return b.call, func(n int) bool { return n == b.takes }
	}
	t := reflect.TypeOf(own)
	return adapt(own), func(n int) bool {
		return n == t.NumIn() || t.IsVariadic() && n >= t.NumIn()-1
	}
}

// builtins are text/template's own.
var builtins = map[string]struct {
	call  call
	takes int
}{
	"not": {func(a []any) (any, error) { return !truth(a[0]), nil }, 1},
	"eq":  {func(a []any) (any, error) { return equal(a[0], a[1]) }, 2},
	"ne": {func(a []any) (any, error) {
		is, err := equal(a[0], a[1])
		return !is, err
	}, 2},
	"lt": {ordered(func(a, b int) bool { return a < b }), 2},
	"le": {ordered(func(a, b int) bool { return a <= b }), 2},
	"gt": {ordered(func(a, b int) bool { return a > b }), 2},
	"ge": {ordered(func(a, b int) bool { return a >= b }), 2},
}

func equal(a, b any) (bool, error) {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return a == b, nil
		}
	case int:
		if b, ok := b.(int); ok {
			return a == b, nil
		}
	case bool:
		if b, ok := b.(bool); ok {
			return a == b, nil
		}
	}
	return false, errOdd
}

func ordered(is func(a, b int) bool) call { return two(is) }

// adapt makes a call of a function of one of the types that our functions
// have; nil for other types.
func adapt(f any) call {
	switch f := f.(type) {
	case func(any) string:
		return one(f)
	case func(any) any:
		return one(f)
	case func(any) []string:
		return one(f)
	case func(template.KV) string:
		return one(f)
	case func(template.Alert) string:
		return one(f)
	case func(*Data) string:
		return one(f)
	case func(any) (any, error):
		return oneErr(f)
	case func(any) (int, error):
		return oneErr(f)
	case func(any, any) string:
		return two(f)
	case func(any, any) any:
		return two(f)
	case func(*Data, template.Alert) string:
		return two(f)
	case func(int, any) string:
		return two(f)
	case func(time.Time, time.Time) string:
		return two(f)
	case func(any, any) (bool, error):
		return twoErr(f)
	case func(string, any) (string, error):
		return twoErr(f)
	case func(...any) any:
		return func(a []any) (any, error) { return f(plain(a)...), nil }
	case func(...any) (string, error):
		return func(a []any) (any, error) { return f(plain(a)...) }
	case func(string, ...any) (string, error):
		return func(a []any) (any, error) {
			format, ok := a[0].(string)
			if !ok {
				return nil, errOdd
			}
			return f(format, plain(a[1:])...)
		}
	}
	return nil
}

func one[A, R any](f func(A) R) call {
	return oneErr(func(a A) (R, error) { return f(a), nil })
}

func oneErr[A, R any](f func(A) (R, error)) call {
	return func(args []any) (any, error) {
		a, ok := as[A](args[0])
		if !ok {
			return nil, errOdd
		}
		return f(a)
	}
}

func two[A, B, R any](f func(A, B) R) call {
	return twoErr(func(a A, b B) (R, error) { return f(a, b), nil })
}

func twoErr[A, B, R any](f func(A, B) (R, error)) call {
	return func(args []any) (any, error) {
		a, ok := as[A](args[0])
		b, too := as[B](args[1])
		if !ok || !too {
			return nil, errOdd
		}
		return f(a, b)
	}
}

// as returns a value as an argument of type T.
func as[T any](v any) (t T, ok bool) {
	if p, is := any(&t).(*any); is { // T is any
		*p = v
		if a, is := v.(*template.Alert); is {
			*p = *a
		}
		return t, true
	}
	if p, is := v.(*T); is { // an alert
		return *p, true
	}
	t, ok = v.(T)
	return t, ok
}

// plain replaces pointers to alerts by alerts.
func plain(args []any) []any {
	for i := range args {
		args[i], _ = as[any](args[i])
	}
	return args
}
