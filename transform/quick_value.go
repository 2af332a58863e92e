package transform

import (
	"reflect"
	tmpl "text/template"

	"github.com/prometheus/alertmanager/template"

	"workbell/source"
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

// fields compiles a chain of fields of what v gives.
func fields(v value, names []string) value {
	for _, name := range names {
		v = field(v, name)
	}
	return v
}

// field compiles a field, a key or a method without arguments.
func field(of value, name string) value {
	data, alert := dataFields[name], alertFields[name]
	_, kvMethod := reflect.TypeFor[*template.KV]().MethodByName(name)
	return func(x *executor, dot any) any {
		switch v := of(x, dot).(type) {
		case *Data:
			if data != nil {
				return data(v)
			}
		case *template.Alert:
			if alert != nil {
				return alert(v)
			}
		case template.Alert:
			if alert != nil {
				return alert(&v)
			}
		case template.Pair:
			switch name {
			case "Name":
				return x.box(v.Name)
			case "Value":
				return x.box(v.Value)
			}
		case template.KV:
			if !kvMethod {
				return x.box(v[name])
			}
			if name == "SortedPairs" {
				return source.Sorted(v)
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
