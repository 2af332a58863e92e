package transform

import (
	"reflect"
	tmpl "text/template"

	"github.com/prometheus/alertmanager/template"
)

// truth is text/template's.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case *string:
		return *v != ""
	case bool:
		return v
	case int:
		return v != 0
	case template.KV:
		return len(v) > 0
	}
	is, _ := tmpl.IsTrue(v)
	return is
}

// methods are those of *Data that a quick calls.
var methods = map[string]func(*Data) any{
	"Payload":    (*Data).Payload,
	"Item":       (*Data).Item,
	"SilenceURL": func(d *Data) any { return d.SilenceURL() },
}

// fields compiles a chain of fields of what v gives.
func fields(v value, names []string) value {
	for _, name := range names {
		v = field(v, name)
	}
	return v
}

// field compiles a field, a key or a method without arguments.
func field(of value, name string) value {
	data, alert, pair := fieldAt[Data](name), fieldAt[template.Alert](name), fieldAt[template.Pair](name)
	_, kvMethod := reflect.TypeFor[*template.KV]().MethodByName(name)
	method := methods[name]
	return func(x *executor, dot any) any {
		switch v := of(x, dot).(type) {
		case *Data:
			if data >= 0 {
				return held(reflect.ValueOf(v).Elem().Field(data))
			}
			if method != nil {
				return method(v)
			}
		case *template.Alert:
			if alert >= 0 {
				return held(reflect.ValueOf(v).Elem().Field(alert))
			}
		case template.Alert:
			if alert >= 0 {
				return reflect.ValueOf(v).Field(alert).Interface()
			}
		case template.Pair:
			if pair >= 0 {
				return x.box(reflect.ValueOf(v).Field(pair).String())
			}
		case template.KV:
			if !kvMethod {
				return x.box(v[name])
			}
			if name == "SortedPairs" {
				return sorted(v)
			}
		case template.Alerts:
			switch name {
			case "Firing":
				return v.Firing()
			case "Resolved":
				return v.Resolved()
			}
		case map[string]any:
			return v[name]
		case missing:
			return nil
		}
		return x.odd()
	}
}

// held is what a field holds; a text remains where it is.
func held(field reflect.Value) any {
	switch p := field.Addr().Interface().(type) {
	case *string:
		return p
	case *int:
		return *p
	}
	return field.Interface()
}

// fieldAt returns which exported field of T has the name, -1 if none.
func fieldAt[T any](name string) int {
	if f, ok := reflect.TypeFor[T]().FieldByName(name); ok && f.IsExported() && len(f.Index) == 1 {
		return f.Index[0]
	}
	return -1
}
