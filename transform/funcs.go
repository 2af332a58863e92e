package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	tmpl "text/template"
	"time"

	"github.com/prometheus/alertmanager/template"

	"workbell/message"
)

// maxMade is how many bytes a function of templates makes at most, so that no
// template can fill the memory.
const maxMade = 256 << 10

var errMade = fmt.Errorf("the result would have more than %d bytes", maxMade)

// functions are those of templates: all of Alertmanager's (template.DefaultFuncs
// of 0.34), with the event's time for the clock's, and ours. None reads the
// environment, files or the network. Where Alertmanager's take a text they take
// anything here, nothing included, since a payload may lack it.
func functions(x *executor) tmpl.FuncMap {
	f := tmpl.FuncMap{}
	maps.Copy(f, tmpl.FuncMap(template.DefaultFuncs))
	title := f["title"].(func(string) string)
	own := tmpl.FuncMap{
		"toUpper":      func(v printed) string { return strings.ToUpper(textOf(v)) },
		"toLower":      func(v printed) string { return strings.ToLower(textOf(v)) },
		"title":        func(v printed) string { return title(textOf(v)) },
		"trimSpace":    func(v printed) string { return strings.TrimSpace(textOf(v)) },
		"join":         join,
		"match":        match,
		"reReplaceAll": replaceAll,
		"safeHtml":     textOf,
		"safeUrl":      textOf,
		"toJson":       toJSON,
		"now":          func() time.Time { return x.now },
		"since":        func(t time.Time) time.Duration { return x.now.Sub(t) },

		"print":   func(v ...any) (string, error) { return bounded(fmt.Sprint(present(v)...)) },
		"println": func(v ...any) (string, error) { return bounded(fmt.Sprintln(present(v)...)) },
		"printf":  func(f string, v ...any) (string, error) { return bounded(fmt.Sprintf(f, present(v)...)) },
		"len":     length,
		"index":   index,

		"md":      func(v printed) string { return escapeMarkdown(textOf(v)) },
		"quote":   func(v printed) string { return quoteMarkdown(textOf(v)) },
		"plain":   func(v printed) string { return stripMarkdown(textOf(v)) },
		"mdLink":  func(text, url printed) string { return markdownLink(textOf(text), textOf(url)) },
		"pairs":   pairs,
		"values":  values,
		"apart":   apart,
		"when":    x.when,
		"count":   counted,
		"state":   state,
		"sign":    sign,
		"mdLinks": markdownLinks,
		"row":     func(key, value printed) string { return message.Row(textOf(key), textOf(value)) },
		"button":  func(title, url printed) string { return message.Button(textOf(title), textOf(url)) },
		"link":    func(url printed) string { return browserLink(textOf(url)) },
		"excerpt": func(n int, v printed) string {
			return message.CutRunes(strings.Join(strings.Fields(textOf(v)), " "), n)
		},
		"trunc":    func(n int, v printed) string { return message.CutRunes(textOf(v), n) },
		"dt":       func(v any) string { return x.local(v, layout) },
		"clock":    func(v any) string { return x.local(v, "15:04") },
		"duration": func(from, to time.Time) string { return shortDuration(to.Sub(from)) },
		"color":    func(status, severity printed) string { return color(textOf(status), textOf(severity)) },
		"barColor": func(status, severity printed) string { return "0x" + color(textOf(status), textOf(severity)) },
		"default":  func(other, v any) any { return coalesce(v, other) },
		"coalesce": coalesce,
		"first":    first,
		"lines":    func(v any) []string { return strings.FieldsFunc(textOf(v), func(r rune) bool { return r == '\n' }) },

		"_items": items,
	}
	maps.Copy(f, own)
	return f
}

func functionNames() []string {
	return append(slices.Sorted(maps.Keys(functions(&executor{zone: time.UTC}))),
		"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "html", "js", "urlquery", "slice", "call")
}

// printed is an argument of which only the text counts, as textOf gives it.
type printed any

// textOf is a value as it prints; nothing prints as nothing.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case *string: // from a quick
		return *v
	}
	return fmt.Sprint(v)
}

// present replaces nil by nothing to print.
func present(list []any) []any {
	for i, v := range list {
		if v == nil {
			list[i] = ""
		}
	}
	return list
}

func bounded(s string) (string, error) {
	if len(s) > maxMade {
		return "", errMade
	}
	return s, nil
}

func join(sep string, list any) (string, error) {
	v := reflect.ValueOf(list)
	if list == nil {
		return "", nil
	}
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return textOf(list), nil
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = textOf(v.Index(i).Interface())
	}
	return bounded(strings.Join(parts, sep))
}

// patterns keeps compiled regular expressions: those in templates are few and
// always the same.
var patterns struct {
	sync.RWMutex
	m map[string]*regexp.Regexp
}

func pattern(s string) (*regexp.Regexp, error) {
	patterns.RLock()
	re := patterns.m[s]
	patterns.RUnlock()
	if re != nil {
		return re, nil
	}
	if len(s) > 1000 {
		return nil, errors.New("the regular expression has more than 1000 bytes")
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, err
	}
	patterns.Lock()
	defer patterns.Unlock()
	if len(patterns.m) < 1000 {
		if patterns.m == nil {
			patterns.m = map[string]*regexp.Regexp{}
		}
		patterns.m[s] = re
	}
	return re, nil
}

func match(expression, v printed) (bool, error) {
	re, err := pattern(textOf(expression))
	if err != nil {
		return false, err
	}
	return re.MatchString(textOf(v)), nil
}

func replaceAll(expression, by, v any) (string, error) {
	re, err := pattern(textOf(expression))
	if err != nil {
		return "", err
	}
	text, repl := textOf(v), textOf(by)
	if (len(text)+1)*(len(repl)+1) > 16<<20 || len(text) > maxMade {
		return "", errMade
	}
	return bounded(re.ReplaceAllString(text, repl))
}

// toJSON writes < > & as they are: DingTalk refuses \u escapes.
func toJSON(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// length is the built-in len, with 0 for nothing.
func length(v any) (int, error) {
	if v == nil {
		return 0, nil
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.String, reflect.Slice, reflect.Array, reflect.Map:
		return r.Len(), nil
	}
	return 0, fmt.Errorf("%s has no length", typeName(v))
}

// index is the built-in index, with nothing for what is missing.
func index(v any, keys ...any) (any, error) {
	for _, k := range keys {
		r := reflect.ValueOf(v)
		if v == nil {
			return nil, nil
		}
		switch r.Kind() {
		case reflect.Map:
			key := reflect.ValueOf(k)
			if !key.IsValid() || !key.Type().AssignableTo(r.Type().Key()) {
				return nil, fmt.Errorf("%s is no key of an object", typeName(k))
			}
			if r = r.MapIndex(key); !r.IsValid() {
				return nil, nil
			}
		case reflect.Slice, reflect.Array, reflect.String:
			i, ok := k.(int)
			if !ok {
				return nil, fmt.Errorf("%s is no index of a list", typeName(k))
			}
			if i < 0 || i >= r.Len() {
				return nil, nil
			}
			r = r.Index(i)
		default:
			return nil, fmt.Errorf("%s has no elements", typeName(v))
		}
		v = r.Interface()
	}
	return v, nil
}

// items is what range runs over: numbers are bounded.
func items(v any) (any, error) {
	if n, ok := v.(int); ok && n > 1000 {
		return nil, fmt.Errorf("range over %d: a number may be 1000 at most", n)
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Func || r.Kind() == reflect.Chan {
		return nil, errors.New("range over a function")
	}
	return v, nil
}

// coalesce returns the first value that is not empty.
func coalesce(values ...any) any {
	for _, v := range values {
		if truth, _ := tmpl.IsTrue(v); truth {
			return v
		}
	}
	return ""
}

// first returns the first element of a list, or nothing.
func first(list any) any {
	if r := reflect.ValueOf(list); r.Kind() == reflect.Slice && r.Len() > 0 {
		return r.Index(0).Interface()
	}
	return nil
}

// local formats a time in the configured zone: a time.Time, RFC 3339, or
// seconds or milliseconds since 1970. What is no time, or the zero time,
// prints as nothing.
func (x *executor) local(v any, layout string) string {
	var t time.Time
	switch v := v.(type) {
	case time.Time:
		t = v
	case string:
		t, _ = time.Parse(time.RFC3339, v)
	case int:
		t = time.Unix(int64(v), 0)
		if v > 1e11 {
			t = time.UnixMilli(int64(v))
		}
	}
	return string(x.appendLocal(nil, t, layout))
}

// appendLocal appends a time in the configured zone; nothing for what is none.
func (x *executor) appendLocal(b []byte, t time.Time, layout string) []byte {
	if t.IsZero() || t.Unix() == 0 {
		return b
	}
	return t.In(x.zone).AppendFormat(b, layout)
}

// layout is how times are written: the year goes without saying.
const layout = "01-02 15:04:05"

// shortDuration prints the two largest units: 3d 4h, 1h 2m, 45s.
func shortDuration(d time.Duration) string {
	if d < 0 {
		return ""
	}
	s := int64(d.Seconds())
	units := []struct {
		n    int64
		name string
	}{{s / 86400, "d"}, {s / 3600 % 24, "h"}, {s / 60 % 60, "m"}, {s % 60, "s"}}
	for i, u := range units {
		switch {
		case u.n == 0 && i < 3:
			continue
		case i < 3 && units[i+1].n > 0:
			return fmt.Sprintf("%d%s %d%s", u.n, u.name, units[i+1].n, units[i+1].name)
		}
		return fmt.Sprintf("%d%s", u.n, u.name)
	}
	return "0s"
}

// browserLink wraps a URL so that DingTalk opens it in the system's browser,
// on a PC and on a phone, where a card's button opens it inside DingTalk; a
// form that would have more than 500 characters gives way to a shorter one.
func browserLink(url string) string {
	if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		return url
	}
	const client = "dingtalk://dingtalkclient/"
	pc := client + "page/link?url=" + tmpl.URLQueryEscaper(url) + "&pc_slide=false"
	phone := client + "action/jump?url=" + tmpl.URLQueryEscaper(url)
	both := client + "action/open_platform_link?pcLink=" + tmpl.URLQueryEscaper(pc) + "&mobileLink=" + tmpl.URLQueryEscaper(phone)
	for _, u := range []string{both, pc} {
		if len(u) <= 500 {
			return u
		}
	}
	return url
}
