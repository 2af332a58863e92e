package transform

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/expr-lang/expr"
	"github.com/prometheus/alertmanager/template"

	"workbell/config"
	"workbell/docs/doctest"
	"workbell/message"
	"workbell/source"
)

// An entry is what people read about a name or a function. Its example is
// evaluated for the page.
type entry struct{ name, about, example string }

var (
	payloadOfAlerts = "alertmanager/v0.31-two-alerts.json"
	payloadOfReview = "github/pull_request.review_requested.json"
	receivedAt      = time.Date(2026, 1, 2, 3, 10, 0, 0, time.UTC)
)

// exampleEvent decodes a payload of source/testdata.
func exampleEvent(t *testing.T, from, payload string) *source.Event {
	t.Helper()
	cfg, faults := config.Load(readFile(t, "../rules.yaml"), config.Options{Sandbox: true})
	if err := faults.Fatal(); err != nil {
		t.Fatal(err)
	}
	_, name, _ := strings.Cut(payload, "/")
	event, _, _ := strings.Cut(name, ".")
	c := goldenCase{keys: map[string]string{"source": from, "event": event}, payload: readFile(t, "../source/testdata/"+payload)}
	return c.events(t, cfg, receivedAt)[0]
}

// documented fails for what is known and not told of, and the other way about.
func documented(t *testing.T, file string, known []string, told []entry) {
	t.Helper()
	var names []string
	for _, e := range told {
		if names = append(names, e.name); e.about == "" || !slices.Contains(known, e.name) {
			t.Errorf("%s tells of %q, which there is not, or says nothing of it", file, e.name)
		}
	}
	for _, name := range known {
		if !slices.Contains(names, name) {
			t.Errorf("%s: tell what %s is, for the reference", file, name)
		}
	}
}

const rulesHead = `# Expressions of rules

<!-- from the environment that expressions are compiled against, by make reference -->

` + "`when`, `to` and `msgtype`" + ` are [expr](https://expr-lang.org/docs/language-definition) expressions. The names and functions below come on top of that language's operators and built-in functions
(` + "`matches`, `contains`, `in`, `startsWith`, `any`, `lower`" + ` …). A name that is not here, or a comparison of unlike types, is an error when the file is loaded.
An expression has 16 KiB at most.

The keys of a rule are in [configuration](configuration.md#rules); [writing rules](../guides/rules.md) shows how they are used.
`

// TestReferenceOfRules holds docs/reference/rules.md to the environment of
// expressions.
func TestReferenceOfRules(t *testing.T) {
	t.Parallel()
	documented(t, "rules_reference_test.go", names(), append(slices.Clone(ruleNames), ruleFunctions...))
	var b strings.Builder
	b.WriteString(rulesHead)
	alerts, review := exampleEvent(t, "alertmanager", payloadOfAlerts), exampleEvent(t, "github", payloadOfReview)
	rows := [][]string{{"name", "type", "what it is", "for an alert, or a pull request"}}
	for _, e := range ruleNames {
		i := slices.IndexFunc(bindings, func(b binding) bool { return b.name == e.name })
		if i < 0 {
			continue // said by documented
		}
		v := bindings[i].get(alerts)
		if r := reflect.ValueOf(v); !r.IsValid() || r.IsZero() || r.Kind() == reflect.Map && r.Len() == 0 {
			v = bindings[i].get(review)
		}
		rows = append(rows, []string{doctest.Code(e.name), exprWords.Replace(bindings[i].kind.String()), e.about, doctest.Code(shown(v))})
	}
	fmt.Fprintf(&b, "\n## Names\n\n%s\nOf an event of another kind these are empty, so that a rule may ask any event. Each of `alerts` has `%s`.\n", doctest.Table(rows), strings.Join(fieldsOf(reflect.TypeFor[alert]()), " "))
	rows = [][]string{{"function", "gives", "what it is", "example", "comes to"}}
	for _, e := range ruleFunctions {
		kind, result := "recipients", ""
		if f, ofTime := environment()[e.name]; ofTime {
			_, gives, _ := strings.Cut(f.String(), ") ")
			kind, result = exprWords.Replace(gives), evaluate(t, e, alerts)
		}
		if !strings.HasPrefix(e.example, e.name+"(") {
			t.Errorf("the example of %s is another's: %s", e.name, e.example)
		}
		rows = append(rows, []string{doctest.Code(e.name), kind, e.about, doctest.Code(e.example), result})
	}
	fmt.Fprintf(&b, "\n## Functions\n\n%s\n`now` is %s here, as are the functions of time in `dingtalk.timezone`: an event is judged by when it came.\n", doctest.Table(rows), receivedAt.Format(time.RFC3339))
	doctest.Hold(t, *update, "../docs/reference/rules.md", b.String())
}

// fieldsOf are the fields of a struct, as expressions or templates name them.
func fieldsOf(t reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(t) {
		names = append(names, cmp.Or(f.Tag.Get("expr"), f.Name))
	}
	return names
}

// exprWords are expr's names of types, in words.
var exprWords = strings.NewReplacer("(bool, error)", "true or false", "map[string]string", "labels", "[]transform.alert", "alerts", "string", "text", "int", "number", "time.Time", "time")

// shown is a value as the page has it.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return cut(strconv.Quote(v))
	case map[string]string:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+": "+strconv.Quote(v[k]))
		}
		return cut("{" + strings.Join(parts, ", ") + "}")
	case []any:
		return fmt.Sprintf("%d of them", len(v))
	}
	return ""
}

func cut(s string) string { return message.CutRunes(s, 60) }

// evaluate gives what an example of an expression comes to.
func evaluate(t *testing.T, e entry, ev *source.Event) string {
	t.Helper()
	zone, _ := time.LoadLocation(config.DefaultTimezone)
	c := &clock{now: ev.Received, zone: zone}
	env := map[string]any{"hour": c.hour, "weekday": c.weekday, "between": c.between, "now": c.localNow}
	program, err := expr.Compile(e.example, expr.Env(env), expr.DisableBuiltin("now"))
	if err != nil {
		t.Errorf("%s: %v", e.example, err)
		return ""
	}
	v, err := expr.Run(program, env)
	if err != nil {
		t.Errorf("%s: %v", e.example, err)
	}
	return doctest.Code(fmt.Sprint(v))
}

const templatesHead = `# Data and functions of templates

<!-- from the data, the functions and the kinds of messages, by make reference -->

Templates are Go's [text/template](https://pkg.go.dev/text/template). A block ` + "`MSGTYPE.FIELD`" + ` gives one field of one msgtype. [Writing templates](../guides/templates.md) shows how.
`

// TestReferenceOfTemplates holds docs/reference/templates.md to the data and
// functions of templates and to the fields of messages, and computes what every
// example prints.
func TestReferenceOfTemplates(t *testing.T) {
	t.Parallel()
	documented(t, "templates_reference_test.go", dataNames, templateData)
	known := slices.DeleteFunc(functionNames(), func(name string) bool { return strings.HasPrefix(name, "_") })
	documented(t, "templates_reference_test.go", known, templateFunctions)
	var b strings.Builder
	b.WriteString(templatesHead)
	b.WriteString("\n## Fields of messages\n\n" + fieldTable() + "\n")
	run := newExamples(t)
	rows := [][]string{{"data", "type", "what it is", "for the example"}}
	for _, e := range templateData {
		var shown string
		switch e.example {
		case "":
			shown = doctest.Code(cut(run.print(t, "."+e.name)))
		case "-": // nothing to see
		default:
			shown = doctest.Code(e.example) + ": " + doctest.Code(cut(run.print(t, e.example)))
		}
		rows = append(rows, []string{doctest.Code("." + e.name), dataType(e.name), e.about, shown})
	}
	b.WriteString("## Data\n\n" + doctest.Table(rows) + "\nEach of `.Alerts` has `." + strings.Join(fieldsOf(reflect.TypeFor[template.Alert]()), " .") + "`, and `.Alerts.Firing` and `.Alerts.Resolved` are some of them. Labels have `.SortedPairs`, `.Names`, `.Values` and `.Remove`.\n")
	rows = [][]string{{"function", "takes → gives", "what it does", "example", "prints"}}
	all := functions(&executor{zone: time.UTC})
	slices.SortStableFunc(templateFunctions, func(a, b entry) int { return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) })
	for _, e := range templateFunctions {
		gives := ""
		if f, ours := all[e.name]; ours {
			gives = signature(reflect.TypeOf(f))
		}
		rows = append(rows, []string{doctest.Code(e.name), gives, e.about, doctest.Code(e.example), doctest.Code(cut(run.print(t, e.example)))})
	}
	b.WriteString("\n## Functions\n\nNone reads the environment, files or the network. Where a text is taken, anything is, and nothing prints as nothing.\n\n" + doctest.Table(rows) +
		"\nThe example is [this notification](../../source/testdata/" + payloadOfAlerts + ") of two alerts, in Asia/Shanghai; inside a `range` over them `$a` is the first.\n")
	doctest.Hold(t, *update, "../docs/reference/templates.md", b.String())
}

// fieldTable lists what a block may be named.
func fieldTable() string {
	rows := [][]string{{"msgtype", "block", "", "what it takes"}}
	for _, kind := range append(slices.Clone(message.Kinds), message.Template()) {
		for _, f := range kind.Fields {
			need := ""
			if f.Required {
				need = "required"
			}
			rows = append(rows, []string{kind.Name, doctest.Code(kind.Name + "." + f.Name), need, f.Note})
		}
		if kind.Name == message.Template().Name {
			rows = append(rows, []string{kind.Name, "`template.data.NAME`", "", "the parameter NAME of DingTalk's template"})
		}
	}
	return doctest.Table(rows)
}

// dataType is the type of a field or method of Data, in words.
func dataType(name string) string {
	t := reflect.TypeFor[*Data]()
	if f, is := t.Elem().FieldByName(name); is {
		return typeInWords(f.Type)
	}
	m, _ := t.MethodByName(name)
	return typeInWords(m.Type.Out(0))
}

func typeInWords(t reflect.Type) string {
	switch t.String() {
	case "template.KV":
		return "labels"
	case "template.Alerts":
		return "alerts"
	case "template.Alert":
		return "alert"
	case "*transform.Data":
		return "the data"
	case "*transform.Escalated":
		return "escalation"
	case "interface {}", "transform.printed":
		return "any"
	case "time.Time":
		return "time"
	case "time.Duration":
		return "duration"
	case "int":
		return "number"
	case "string":
		return "text"
	case "bool":
		return "true or false"
	}
	if t.Kind() == reflect.Slice {
		return "list"
	}
	return "map"
}

// signature says what a function takes and gives, in words.
func signature(f reflect.Type) string {
	var in []string
	for i := range f.NumIn() {
		kind := f.In(i)
		if f.IsVariadic() && i == f.NumIn()-1 {
			in = append(in, typeInWords(kind.Elem())+" …")
			continue
		}
		in = append(in, typeInWords(kind))
	}
	return strings.TrimSpace(strings.Join(in, ", ") + " → " + typeInWords(f.Out(0)))
}

// examples prints examples of templates for one event.
type examples struct{ data *Data }

func newExamples(t *testing.T) examples {
	return examples{newData(exampleEvent(t, "alertmanager", payloadOfAlerts))}
}

// print gives what an example comes to; rows and buttons as people see them.
func (x examples) print(t *testing.T, example string) string {
	t.Helper()
	if example == "" {
		return ""
	}
	zone, _ := time.LoadLocation(config.DefaultTimezone)
	var faults config.Faults
	text := `{{ define "text.content" }}{{ $a := index .Alerts 0 }}{{ with $a }}{{ end }}{{ ` + example + ` }}{{ end }}`
	families := loadFamilies(fstest.MapFS{"x.tmpl": {Data: []byte(text)}}, zone, &faults)
	if err := faults.Fatal(); err != nil {
		t.Errorf("%s: %v", example, err)
		return ""
	}
	v, _, err := families["x"].take(receivedAt).values("text", x.data)
	if err != nil {
		t.Errorf("%s: %v", example, err)
	}
	row, button := []rune(message.Row("", "")), []rune(message.Button("", ""))
	people := strings.NewReplacer(string(row[0]), "", string(button[0]), "", string(row[1]), ": ", string(row[2]), "", "\n", " ⏎ ")
	return people.Replace(v["content"])
}
