package config

import (
	"cmp"
	"errors"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"workbell/secret"
)

// decoder fills structs from YAML nodes. yaml.v3's own decoder stops at the
// first unknown key and tells no columns; this one goes on, and keeps the place
// of everything.
type decoder struct {
	Options
	lines  []string // of the file, to find where block scalars begin
	faults Faults
	values int            // decoded so far; aliases can make a small file endless
	places map[string]Pos // of the values right under dingtalk, by key
}

// maxValues is the most values that a file may come to with its aliases.
const maxValues = 1 << 20

// maxScalar is the most bytes of an expression: its parser goes as deep as its
// text does, and where the stack ends, so does the process.
const maxScalar = 16 << 10

var (
	scalarType   = reflect.TypeFor[Scalar]()
	secretType   = reflect.TypeFor[secret.Secret]()
	secretsType  = reflect.TypeFor[[]secret.Secret]()
	durationType = reflect.TypeFor[time.Duration]()
	bytesType    = reflect.TypeFor[Bytes]()
	posType      = reflect.TypeFor[Pos]()
)

func (d *decoder) pos(n *yaml.Node) Pos { return Pos{d.File, n.Line, n.Column} }

// value decodes n into v; path names it in faults: "rules[2].to".
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if d.values++; d.values >= maxValues {
		if d.values == maxValues {
			d.faults.Add(d.pos(n), "use fewer aliases", "the file comes to more than %d values", maxValues)
		}
		return
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	switch v.Type() {
	case scalarType, secretType, durationType, bytesType:
		d.scalar(n, v, path)
		return
	case reflect.TypeFor[Auth]():
		if n.Kind == yaml.ScalarNode && n.Value == "none" {
			v.Set(reflect.ValueOf(Auth{None: true, At: d.pos(n)}))
			return
		}
	case reflect.TypeFor[Dept]():
		if n.Kind == yaml.ScalarNode {
			d.scalar(n, v.FieldByName("ID"), path)
			v.FieldByName("At").Set(reflect.ValueOf(d.pos(n)))
			return
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Map:
		d.table(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// mapping decodes a YAML mapping into a struct whose fields are named by their
// yaml tags. A secret's key may end in _file instead.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if at := v.FieldByName("At"); at.IsValid() && at.Type() == posType {
		at.Set(reflect.ValueOf(d.pos(n)))
	}
	if n.Kind != yaml.MappingNode {
		d.faults.Add(d.pos(n), "write its keys below it, indented", "%s is %s, not a mapping", name(path), kindOf(n))
		return
	}
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
			fields[tag] = v.Field(i)
		}
	}
	seen := map[string]int{}
	for key, val := range pairs(n, maxMerges) {
		if line, dup := seen[key.Value]; dup {
			d.faults.Add(d.pos(key), "keep one of them", "%s is given twice, first in line %d", join(path, key.Value), line)
			continue
		}
		seen[key.Value] = key.Line
		bare, fromFile := strings.CutSuffix(key.Value, "_file")
		switch f, ok := fields[key.Value]; {
		case ok:
			if path == "dingtalk" {
				d.places[key.Value] = d.pos(val)
			}
			d.value(val, f, join(path, key.Value))
		case fromFile && fields[bare].IsValid() && isSecret(fields[bare].Type()):
			if line, both := seen[bare]; both {
				d.faults.Add(d.pos(key), "keep one of them", "%s and %s are both given, the first in line %d", join(path, bare), key.Value, line)
			}
			d.secretFiles(val, fields[bare], join(path, key.Value))
		default:
			d.unknown(key, path, fields)
		}
	}
}

func (d *decoder) unknown(key *yaml.Node, path string, fields map[string]reflect.Value) {
	var known []string
	for k, f := range fields {
		known = append(known, k)
		if isSecret(f.Type()) {
			known = append(known, k+"_file")
		}
	}
	slices.Sort(known)
	d.faults.Add(d.pos(key), DidYouMean(key.Value, known), "unknown key %s", join(path, key.Value))
}

// list decodes a sequence; one value alone stands for a list of one.
func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	nodes := n.Content
	if n.Kind != yaml.SequenceNode {
		nodes = []*yaml.Node{n}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(nodes), len(nodes)))
	for i, e := range nodes {
		p := path
		if n.Kind == yaml.SequenceNode {
			p += "[" + strconv.Itoa(i) + "]"
		}
		d.value(e, v.Index(i), p)
	}
}

func (d *decoder) table(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.faults.Add(d.pos(n), "write its keys below it, indented", "%s is %s, not a mapping", name(path), kindOf(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for key, val := range pairs(n, maxMerges) {
		k := reflect.ValueOf(key.Value)
		if v.MapIndex(k).IsValid() {
			d.faults.Add(d.pos(key), "keep one of them", "%s is given twice", join(path, key.Value))
			continue
		}
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(val, e, join(path, key.Value))
		v.SetMapIndex(k, e)
	}
}

// scalar decodes one value, with its variables replaced and its type found
// again, so that ${RPM} may be a number and no variable can bring YAML along.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.faults.Add(d.pos(n), "write one value", "%s is %s, not a single value", name(path), kindOf(n))
		return
	}
	text, ok := d.expand(n, path)
	if !ok {
		return
	}
	wrong := func(want string) {
		d.faults.Add(d.pos(n), "", "%s: %q is not %s", path, n.Value, want)
	}
	switch {
	case v.Type() == scalarType && len(text) > maxScalar:
		d.faults.Add(d.pos(n), "split it", "%s has %d bytes, which is more than %d", path, len(text), maxScalar)
	case v.Type() == scalarType:
		v.Set(reflect.ValueOf(d.text(n, text)))
	case v.Type() == secretType:
		v.Set(reflect.ValueOf(secret.New(text)))
	case v.Type() == durationType:
		dur, err := model.ParseDuration(text)
		if err != nil {
			wrong("a duration such as 90s, 2m, 24h or 7d")
		} else if dur == 0 {
			d.faults.Add(d.pos(n), "write how long, or leave it out", "%s: %q is no time at all", path, n.Value)
		}
		v.SetInt(int64(dur))
	case v.Type() == bytesType:
		size, err := humanize.ParseBytes(text)
		if err != nil || size == 0 || size > 1<<30 {
			wrong("a size such as 512KiB or 5MiB, at most 1GiB")
			return
		}
		v.SetInt(int64(size))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			wrong("true or false")
		}
		v.SetBool(b)
	case v.CanInt():
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v.OverflowInt(i) {
			wrong("a whole number")
			return
		}
		v.SetInt(i)
	}
}

func (d *decoder) text(n *yaml.Node, value string) Scalar {
	s := Scalar{Value: value, At: d.pos(n)}
	s.Quoted = n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	if s.Block = n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0; s.Block && n.Line < len(d.lines) {
		line := d.lines[n.Line]
		s.Indent = len(line) - len(strings.TrimLeft(line, " "))
	}
	return s
}

var variable = regexp.MustCompile(`\$?\$\{([^}]*)\}`)

// expand replaces ${NAME} by the environment's value; $${NAME} stands for
// ${NAME} itself.
func (d *decoder) expand(n *yaml.Node, path string) (string, bool) {
	if d.Sandbox && replacedInSandbox(path) {
		return n.Value, true
	}
	ok := true
	text := variable.ReplaceAllStringFunc(n.Value, func(m string) string {
		if strings.HasPrefix(m, "$$") {
			return m[1:]
		}
		value, set := d.Getenv(m[2 : len(m)-1])
		if !set && d.Sandbox && strings.Contains(path, ".auth.") {
			d.faults.Warn(d.pos(n), "", "%s: the environment variable %s is not set; the sandbox takes this source's webhooks without authentication", path, m[2:len(m)-1])
			return ""
		}
		if !set {
			d.faults.Add(d.pos(n), "set it, or write $"+m+" for the text itself", "%s: the environment variable %s is not set", path, m[2:len(m)-1])
			ok = false
		}
		return value
	})
	return text, ok
}

// replacedInSandbox names what `serve --sandbox` puts its own values in place
// of, so that a rules.yaml can be tried where its credentials are not.
func replacedInSandbox(path string) bool {
	if path == "dingtalk.base_url" {
		return true
	}
	if !strings.HasPrefix(path, "dingtalk.apps[") {
		return false
	}
	for _, key := range []string{".app_key", ".app_secret", ".app_secret_file", ".suite_key", ".suite_secret", ".suite_secret_file", ".suite_ticket", ".suite_ticket_file", ".auth_corp_id"} {
		if strings.HasSuffix(path, key) {
			return true
		}
	}
	return false
}

// secretFiles reads one file for a secret, one or more for a list of them.
func (d *decoder) secretFiles(n *yaml.Node, v reflect.Value, path string) {
	var files []Scalar
	d.value(n, reflect.ValueOf(&files).Elem(), path)
	if d.Sandbox && replacedInSandbox(path) {
		return
	}
	var secrets []secret.Secret
	for _, f := range files {
		data, err := d.ReadFile(f.Value)
		text := strings.TrimRight(string(data), "\r\n")
		switch {
		case err != nil && d.Sandbox:
			d.faults.Warn(f.At, "", "%s: the file cannot be read (%v); the sandbox takes this source's webhooks without authentication", path, reason(err))
			continue
		case err != nil:
			d.faults.Add(f.At, "check the path and who may read it", "%s: reading %s: %v", path, f.Value, reason(err))
			continue
		case text == "":
			d.faults.Add(f.At, "write the secret into it", "%s: %s is empty", path, f.Value)
			continue
		}
		secrets = append(secrets, secret.New(text))
	}
	switch {
	case v.Type() == secretsType:
		v.Set(reflect.AppendSlice(v, reflect.ValueOf(secrets)))
	case len(files) > 1:
		d.faults.Add(d.pos(n), "name one file", "%s takes one file", path)
	case len(secrets) == 1:
		v.Set(reflect.ValueOf(secrets[0]))
	}
}

// reason drops the path from a file error: the message names it already.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func isSecret(t reflect.Type) bool { return t == secretType || t == secretsType }

// maxMerges is how deep mappings may be merged into each other: an anchor may
// merge itself.
const maxMerges = 8

// pairs yields a mapping's keys and values, those of merged mappings (<<) last.
func pairs(n *yaml.Node, merges int) func(func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		var merged []*yaml.Node
		own := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			if k.Tag == "!!merge" {
				if merges > 0 {
					merged = append(merged, v)
				}
				continue
			}
			own[k.Value] = true
			if !yield(k, v) {
				return
			}
		}
		for _, m := range merged {
			if m.Kind == yaml.AliasNode {
				m = m.Alias
			}
			for k, v := range pairs(m, merges-1) {
				if !own[k.Value] && !yield(k, v) {
					return
				}
			}
		}
	}
}

// kindOf says what n is, without its value: at the wrong place that may be a secret.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func name(path string) string { return cmp.Or(path, "the file") }
