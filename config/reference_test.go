package config

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/prometheus/common/model"

	"workbell/docs/doctest"
	"workbell/message"
)

var update = flag.Bool("update", false, "write docs/reference/configuration.md and docs/rules.schema.json anew")

// TestReference holds the page of rules.yaml's keys and its JSON Schema to the
// structs that it is decoded into: their tags, types, comments and defaults.
// Each key has to be described.
func TestReference(t *testing.T) {
	t.Parallel()
	r := newReference(t)
	doctest.Hold(t, *update, "../docs/reference/configuration.md", r.page())
	doctest.Hold(t, *update, "../docs/rules.schema.json", r.schema())
}

// fieldsAbout say what the fields of a source are.
var fieldsAbout = map[string]string{
	"id":        "a webhook with the same id is taken once within 72 h; without one, `Idempotency-Key` or `webhook-id`",
	"event":     "what kind of event it is, for rules: `pipeline.failed`",
	"title":     "what people read first",
	"text":      "what people read then",
	"url":       "where to see all of it",
	"status":    "`firing` begins something, `resolved` ends it; any other word is only shown",
	"severity":  "`critical`, `warning`, `info`, or the sender's word",
	"group_key": "what belongs together: a `resolved` ends the `firing` of the same group; default: the title",
	"labels":    "a map, for rules and templates; what is empty is left out",
}

// setting is one key of rules.yaml.
type setting struct {
	path, name string // rules[].when, when
	kind       reflect.Type
	about      string
	value      string // that it has where the file does not give it
	required   bool
	words      []string // that it takes and no others
}

// reference is what is known of the keys.
type reference struct {
	t        *testing.T
	comments map[string]string // by struct, and struct.field
	required []string          // paths
	sections []section         // in the order of the file
	shared   object            // schemas by the names of types
}

type section struct {
	path, about string
	settings    []setting
}

// least is a rules.yaml that gives nothing which has a default.
const least = `
dingtalk: {apps: [{name: a, agent_id: 1, app_key: k, app_secret: s}]}
sources: [{name: s, type: alertmanager, auth: none}]
groups: {g: {users: [u]}}
rules: [{name: r, to: g, escalate: [{after: 1m, to: g}]}]
`

func newReference(t *testing.T) *reference {
	r := &reference{t: t, comments: comments(t), shared: object{}}
	full, faults := Load([]byte(least), Options{})
	if err := faults.Fatal(); err != nil {
		t.Fatal(err)
	}
	for i, kind := range []string{Internal, ThirdParty} {
		_, faults = Load([]byte("dingtalk: {apps: [{type: "+kind+"}]}\nsources: [{auth: none}]\nrules: [{escalate: [{unless: any_read}]}]"), Options{})
		r.demanded(i, faults)
	}
	r.walk(reflect.ValueOf(*full), "")
	return r
}

// demanded keeps the paths of what faults say is missing, each time.
func (r *reference) demanded(round int, faults Faults) {
	var missing []string
	for _, f := range faults {
		if path, is := strings.CutSuffix(f.Problem, " is missing"); is {
			missing = append(missing, strings.ReplaceAll(path, "[0]", "[]"))
		}
	}
	if round == 0 {
		r.required = missing
	}
	r.required = slices.DeleteFunc(r.required, func(path string) bool { return !slices.Contains(missing, path) })
}

// comments are those of this package's structs and their fields. What stands
// behind a field comes before what stands above it.
func comments(t *testing.T) map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, d := range file.Decls {
		decl, is := d.(*ast.GenDecl)
		if !is || decl.Tok != token.TYPE {
			continue
		}
		name := decl.Specs[0].(*ast.TypeSpec).Name.Name
		all[name] = told(decl.Doc, name)
		if s, is := decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType); is {
			for _, f := range s.Fields.List {
				for _, n := range f.Names {
					if all[name+"."+n.Name] = told(f.Comment, n.Name); f.Comment == nil {
						all[name+"."+n.Name] = told(f.Doc, n.Name)
					}
				}
			}
		}
	}
	return all
}

// told is a comment without the name that Go's begin with.
func told(c *ast.CommentGroup, name string) string {
	text := strings.Join(strings.Fields(c.Text()), " ")
	return strings.TrimSuffix(regexp.MustCompile(`^`+name+` (is|are|says|has) `).ReplaceAllString(text, ""), ".")
}

// walk collects the keys of a struct and of those below it.
func (r *reference) walk(v reflect.Value, path string) {
	s := section{path: path, about: r.comments[v.Type().Name()]}
	at, below := len(r.sections), []func(){}
	r.sections = append(r.sections, s)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		k := setting{path: join(path, name), name: name, kind: f.Type, about: r.comments[v.Type().Name()+"."+f.Name]}
		if k.about == "" {
			r.t.Errorf("config.go: say behind %s.%s what it is, for the reference", v.Type().Name(), f.Name)
		}
		k.words, k.required = wordsOf(k.path), slices.Contains(r.required, k.path)
		if !k.required && k.path != "dingtalk.apps[].app_key" && k.path != "rules[].app" { // what least gives, and what follows from it
			k.value = written(v.Field(i))
		}
		r.sections[at].settings = append(r.sections[at].settings, k)
		if inner, p := example(v.Field(i), k.path); inner.IsValid() {
			below = append(below, func() { r.walk(inner, p) })
		}
	}
	for _, walk := range below {
		walk()
	}
}

// example is the struct whose keys stand below a key, with the path of them;
// nothing where none do.
func example(v reflect.Value, path string) (reflect.Value, string) {
	kind := v.Type()
	switch kind.Kind() {
	case reflect.Slice:
		path += "[]"
		if v.Len() > 0 {
			v = v.Index(0)
		} else {
			v = reflect.Zero(kind.Elem())
		}
	case reflect.Map:
		path += ".NAME"
		if keys := v.MapKeys(); len(keys) > 0 {
			v = v.MapIndex(keys[0])
		} else {
			v = reflect.Zero(kind.Elem())
		}
	case reflect.Pointer:
		v = reflect.Zero(kind.Elem())
	}
	if v.Kind() != reflect.Struct || v.Type() == scalarType || v.Type() == secretType {
		return reflect.Value{}, ""
	}
	return v, path
}

// wordsOf are what a key takes that takes one of a few words.
func wordsOf(path string) []string {
	switch path {
	case "dingtalk.apps[].type":
		return []string{Internal, ThirdParty}
	case "sources[].type":
		return typeNames()
	case "rules[].msgtype", "rules[].escalate[].msgtype":
		return append(message.Names(), message.Template().Name)
	}
	return words[path[strings.LastIndex(path, ".")+1:]]
}

// written is a default as rules.yaml has it; empty where there is none.
func written(v reflect.Value) string {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case Scalar:
		return x.Value
	case time.Duration:
		if x != 0 {
			return model.Duration(x).String()
		}
	case Bytes:
		return strings.NewReplacer(".0", "", " ", "").Replace(humanize.IBytes(uint64(x)))
	case bool:
		return fmt.Sprint(x)
	case string:
		return x
	case int, int64:
		if !v.IsZero() {
			return fmt.Sprint(x)
		}
	}
	return ""
}

const head = `# rules.yaml, key by key

<!-- from config's structs, by make reference -->

One file says who sends, who people are and who hears about what. A key that is not here is an error. Paths are seen from where workbell runs.

- ` + "`${NAME}`" + ` in a value is the environment variable of that name, an error where it is not set; ` + "`$${NAME}`" + ` is that text itself.
- A secret may come from a file: ` + "`app_secret_file`" + ` instead of ` + "`app_secret`" + `, and so on. Files are read again at each reload. Secrets print as ` + "`<secret>`" + `.
- Where a list is asked for, one value alone will do. Expressions are told of in [rules](rules.md), templates in [templates](templates.md).

Editors complete and check the file by [its JSON Schema](../rules.schema.json): [how to set them up](../guides/rules.md#in-your-editor). ` + "`workbell schema`" + ` prints it.
`

// page is docs/reference/configuration.md.
func (r *reference) page() string {
	var b strings.Builder
	b.WriteString(head)
	for _, s := range r.sections {
		title := "`" + s.path + "`"
		if s.path == "" {
			title = "The file"
		}
		fmt.Fprintf(&b, "\n## %s\n\n", title)
		if s.path != "" {
			b.WriteString(strings.ToUpper(s.about[:1]) + s.about[1:] + ".\n\n")
		}
		rows := [][]string{{"key", "type", "default", "what it is"}}
		for _, k := range s.settings {
			value := doctest.Code(k.value)
			if k.required {
				value = "required"
			}
			rows = append(rows, []string{doctest.Code(k.name), typeWord(k), value, k.about})
		}
		b.WriteString(doctest.Table(rows))
		if s.path == "sources[]" {
			b.WriteString(senders(r.t))
		}
	}
	return b.String()
}

// senders are the tables of what each type of source can do, and of its fields.
func senders(t *testing.T) string {
	t.Helper()
	rows := [][]string{{"`type`", "`auth`", "`each`, `fields`"}}
	for _, name := range typeNames() {
		kind, has := sourceTypes[name], ""
		if kind.fields {
			has = "yes"
		}
		rows = append(rows, []string{doctest.Code(name), strings.Join(kind.ways, ", "), has})
	}
	fields := [][]string{{"in `fields`", "what it is"}}
	for _, name := range fieldNames {
		if fieldsAbout[name] == "" {
			t.Errorf("say in fieldsAbout what %s is, for the reference", name)
		}
		fields = append(fields, []string{doctest.Code(name), fieldsAbout[name]})
	}
	return "\n" + doctest.Table(rows) + "\n" + doctest.Table(fields) + "\nThey are expressions over `payload`, `headers` and, with `each`, `item`; [senders by name](../sources.md) has more of them.\n"
}

// typeWord says what a key takes, for people.
func typeWord(k setting) string {
	if k.words != nil && strings.HasSuffix(k.path, "msgtype") {
		return "`" + strings.Join(k.words, "`, `") + "`, or expression"
	}
	if k.words != nil && k.path != "sources[].type" {
		return "`" + strings.Join(k.words, "`, `") + "`"
	}
	return typeOf(k.kind)
}

func typeOf(t reflect.Type) string {
	switch t {
	case secretType:
		return "secret"
	case durationType:
		return "duration: 90s, 10m, 24h, 7d"
	case bytesType:
		return "size: 512KiB, 5MiB"
	case scalarType:
		return "text"
	case reflect.TypeFor[Auth]():
		return "mapping, or `none`"
	case reflect.TypeFor[Dept]():
		return "number, or mapping"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeOf(t.Elem())
	case reflect.Slice:
		return "list: " + typeOf(t.Elem())
	case reflect.Map:
		return "name: " + typeOf(t.Elem())
	case reflect.Struct:
		return "mapping"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	}
	return "number"
}
