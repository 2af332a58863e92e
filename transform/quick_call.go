package transform

import (
	"reflect"
	"text/template/parse"
	"time"

	"github.com/prometheus/alertmanager/template"
)

// call is a function of templates without reflection: errOdd, or another
// error, where text/template is to call it.
type call func(x *executor, args []printed) (any, error)

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
		v, err := f(x, x.args[from:])
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
	"not": {func(_ *executor, a []printed) (any, error) { return !truth(a[0]), nil }, 1},
	"eq":  {func(_ *executor, a []printed) (any, error) { return equal(a[0], a[1]) }, 2},
	"ne": {func(_ *executor, a []printed) (any, error) {
		is, err := equal(a[0], a[1])
		return !is, err
	}, 2},
	"lt": {ordered(func(a, b int) bool { return a < b }), 2},
	"le": {ordered(func(a, b int) bool { return a <= b }), 2},
	"gt": {ordered(func(a, b int) bool { return a > b }), 2},
	"ge": {ordered(func(a, b int) bool { return a >= b }), 2},
}

func equal(a, b any) (bool, error) {
	if a, ok := as[string](a); ok {
		if b, ok := as[string](b); ok {
			return a == b, nil
		}
		return false, errOdd
	}
	switch a := a.(type) {
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
// have; nil for other types: blocks that call those are text/template's.
func adapt(f any) call {
	switch f := f.(type) {
	case func(any) string:
		return one(f)
	case func(printed) string:
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
	case func(printed, printed) string:
		return two(f)
	case func(any, any) any:
		return two(f)
	case func(*Data, template.Alert) string:
		return two(f)
	case func(int, printed) string:
		return two(f)
	case func(time.Time, time.Time) string:
		return two(f)
	case func(printed, printed) (bool, error):
		return twoErr(f)
	case func(string, any) (string, error):
		return twoErr(f)
	case func(...any) any:
		return func(_ *executor, a []printed) (any, error) { return f(all(a)...), nil }
	case func(...any) (string, error):
		return func(_ *executor, a []printed) (any, error) { return f(all(a)...) }
	case func(...printed) (string, error):
		return func(_ *executor, a []printed) (any, error) {
			for i, v := range a {
				a[i], _ = as[printed](v)
			}
			return f(a...)
		}
	case func(string, ...any) (string, error):
		return func(_ *executor, a []printed) (any, error) {
			format, ok := as[string](a[0])
			if !ok {
				return nil, errOdd
			}
			return f(format, all(a[1:])...)
		}
	}
	return nil
}

func one[A, R any](f func(A) R) call {
	return oneErr(func(a A) (R, error) { return f(a), nil })
}

func oneErr[A, R any](f func(A) (R, error)) call {
	return func(x *executor, args []printed) (any, error) {
		a, ok := as[A](args[0])
		if !ok {
			return nil, errOdd
		}
		r, err := f(a)
		return give(x, r), err
	}
}

func two[A, B, R any](f func(A, B) R) call {
	return twoErr(func(a A, b B) (R, error) { return f(a, b), nil })
}

func twoErr[A, B, R any](f func(A, B) (R, error)) call {
	return func(x *executor, args []printed) (any, error) {
		a, ok := as[A](args[0])
		b, too := as[B](args[1])
		if !ok || !too {
			return nil, errOdd
		}
		r, err := f(a, b)
		return give(x, r), err
	}
}

func all(args []printed) []any {
	list := make([]any, len(args))
	for i, v := range args {
		list[i] = plain(v)
	}
	return list
}

// give returns a result as a value.
func give[R any](x *executor, r R) any {
	if s, ok := any(&r).(*string); ok {
		return x.box(*s)
	}
	return r
}

// as returns a value as an argument of type T.
func as[T any](v any) (t T, ok bool) {
	switch p := any(&t).(type) {
	case *any:
		*p = plain(v)
		return t, true
	case *printed:
		if *p = v; !pointsToText(v) {
			*p = plain(v)
		}
		return t, true
	}
	if p, is := v.(*T); is { // a text, or an alert
		return *p, true
	}
	t, ok = v.(T)
	return t, ok
}

func pointsToText(v any) bool {
	_, ok := v.(*string)
	return ok
}

// plain is a value as text/template would see it.
func plain(v any) any {
	switch v := v.(type) {
	case *string:
		return *v
	case *template.Alert:
		return *v
	}
	return v
}
